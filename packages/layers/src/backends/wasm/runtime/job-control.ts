/**
 * How the calling thread hands work to the workers: the words of a small shared array, and the loop that both sides run.
 *
 * A job consists of a kernel, a block of arguments in the WebAssembly memory, and a number of units. Threads take pieces, some units each,
 * from a shared counter until none are left. A job is *open* from its publication until the caller itself finds no units left; a worker registers
 * as active before it looks, so that the caller never changes a job that is still being read.
 */
export const CONTROL = {
  /** Number of the latest job; workers sleep on it. */
  SEQUENCE: 0,
  /** Number of the job that may be joined, or CLOSED. */
  OPEN: 1,
  /** The next piece nobody has taken. */
  NEXT: 2,
  /** Number of workers that look at the job or work on it; the caller sleeps on it. */
  ACTIVE: 3,
  /** The job. */
  KERNEL: 4,
  ARGUMENTS: 5,
  UNITS: 6,
  CHUNK: 7,
  /** Number of pieces that are chunks; those after them are of as many units as LAST says. */
  CHUNKS: 14,
  LAST: 15,
  /** Scratch memory of the threads: the address of the first one's, and the size of each in bytes. */
  SCRATCH: 8,
  SCRATCH_BYTES: 9,
  /** Number of a worker whose kernel threw; 0 if none. */
  FAILED: 10,
  /** Not 0 if workers should end. */
  QUIT: 11,
  /** How many workers sleep, and whether the caller does: only they need to be woken, which is slow. */
  SLEEPING: 12,
  CALLER_SLEEPS: 13,
} as const;

/** Number of words in the control array. */
export const CONTROL_WORDS = 16;

/** The value of OPEN between jobs. */
export const CLOSED = -1;

/** How often a thread checks a word before going to sleep: the next job of a training step usually follows within this time. */
export const SPINS = 20_000;

/** A kernel of the side module: computes the units from begin to end. */
export type SideKernel = (begin: number, end: number, argumentBlock: number, scratch: number) => void;

/** Takes pieces of the open job until no units are left. `thread` 0 is the calling thread. */
export function takePieces(control: Int32Array, kernels: readonly SideKernel[], thread: number): void {
  const kernel = kernels[control[CONTROL.KERNEL]];
  const argumentBlock = control[CONTROL.ARGUMENTS];
  const units = control[CONTROL.UNITS];
  const chunk = control[CONTROL.CHUNK];
  const chunks = control[CONTROL.CHUNKS];
  const last = control[CONTROL.LAST];
  const scratch = control[CONTROL.SCRATCH] + thread * control[CONTROL.SCRATCH_BYTES];
  for (;;) {
    const piece = Atomics.add(control, CONTROL.NEXT, 1);
    const begin = piece < chunks ? piece * chunk : chunks * chunk + (piece - chunks) * last;
    if (begin >= units) return;
    kernel(begin, Math.min(begin + (piece < chunks ? chunk : last), units), argumentBlock, scratch);
  }
}
