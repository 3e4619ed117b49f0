import type { TrainingWarning } from '../training/training-events';

/** Reports an error after which training continues. */
export type Warn = (error: unknown) => void;

/** Returns a function that reports errors to `onWarning`. */
export function warnBy(onWarning?: (warning: TrainingWarning) => void): Warn {
  return (error) => {
    const { code, message } = error as Error & { code?: string };
    onWarning?.({ code: code ?? 'UNKNOWN', message });
  };
}

/** Does something whose failure does not stop training. */
export async function attempt(action: () => Promise<void>, warn: Warn): Promise<void> {
  try {
    await action();
  } catch (error) {
    warn(error);
  }
}
