import type { TrainingWarning } from '../training/training-events';

/** Tells of an error that training goes on after. */
export type Warn = (error: unknown) => void;

/** Returns what tells `onWarning` of errors. */
export function warnBy(onWarning?: (warning: TrainingWarning) => void): Warn {
  return (error) => {
    const { code, message } = error as Error & { code?: string };
    onWarning?.({ code: code ?? 'UNKNOWN', message });
  };
}

/** Does something that training can go on without. */
export async function attempt(action: () => Promise<void>, warn: Warn): Promise<void> {
  try {
    await action();
  } catch (error) {
    warn(error);
  }
}
