import type { ClaimedFolder } from './output-folder';
import type { Terminal } from './terminal';

/** Ctrl-C or SIGTERM, as an AbortSignal for work that wants to finish in order. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** The exit code that a shell expects of a program ended by such a signal; 0 if there was none. */
  exitCode(): number;
  /** Restores the usual meaning of the signals. */
  release(): void;
}

const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

/** Catches the first SIGINT or SIGTERM; a second one ends the process at once. `onFirst` may tell the user. */
export function catchInterruption(onFirst: () => void): Interruption {
  const controller = new AbortController();
  let code = 0;
  const handle = (name: keyof typeof exitCodes) => {
    if (code) process.exit(code);
    code = exitCodes[name];
    onFirst();
    controller.abort(new DOMException(`interrupted by ${name}`, 'AbortError'));
  };
  const names = Object.keys(exitCodes) as (keyof typeof exitCodes)[];
  for (const name of names) process.on(name, handle);
  return {
    signal: controller.signal,
    exitCode: () => code,
    release: () => {
      for (const name of names) process.off(name, handle);
    },
  };
}

/**
 * Runs work that Ctrl-C and SIGTERM end in order; `stopped` is the message printed then. `folder` is the output folder, which is removed
 * unless the work finishes.
 */
export async function interruptible(
  terminal: Terminal,
  stopped: string,
  work: (signal: AbortSignal) => Promise<void>,
  folder?: ClaimedFolder,
): Promise<void> {
  const interruption = catchInterruption(() => terminal.warn('stopping ...'));
  const { signal } = interruption;
  try {
    await work(signal);
  } catch (error) {
    terminal.status('');
    await folder?.release();
    if (!signal.aborted) throw error;
    terminal.warn(stopped);
    process.exitCode = interruption.exitCode();
  } finally {
    interruption.release();
  }
}
