import type { ClaimedFolder } from './output-folder';
import type { Terminal } from './terminal';

/** Ctrl-C or a polite kill, as an AbortSignal for work that wants to end in order. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** What a shell expects of a program that such a signal ended; 0 when there was none. */
  exitCode(): number;
  /** Gives the signals their usual meaning back. */
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
 * Does work that Ctrl-C and a polite kill end in order; `stopped` is what is said then. `folder` is where it writes, which is given
 * up unless the work comes to its end.
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
