/**
 * Limits the memory of images that are decoded at the same time by all threads that share the budget: small ones are decoded in parallel, a
 * large one waits until there is room, and one larger than the budget is decoded alone.
 */
import { processors } from '../platform/processors';

const unit = 1024;
/** Five 12-megapixel photographs, or one more for each processor beyond eight. */
const budgetUnits = () => Math.max(512 << 20, processors() * (64 << 20)) / unit;
const waitMs = 4;

/** Created when it is first needed. */
let shared: Int32Array | undefined;
let mostUnits: number | undefined;

/** What a worker thread needs to share a budget, and a new one for the threads of a pool. */
export function newBudget(): SharedArrayBuffer {
  return new SharedArrayBuffer(4);
}

/** Makes this thread share a budget. */
export function useBudget(memory: SharedArrayBuffer): void {
  shared = new Int32Array(memory);
}

/** Waits until there is room for this many bytes. Returns a function that releases them. */
export async function takeBudget(bytes: number): Promise<() => void> {
  // Pages in a browser have shared memory only if they are isolated from others.
  shared ??= new Int32Array(typeof SharedArrayBuffer === 'undefined' ? new ArrayBuffer(4) : newBudget());
  mostUnits ??= budgetUnits();
  const most = mostUnits;
  const units = Math.min(Math.ceil(bytes / unit), most);
  const counter = shared;
  while (!tryTake(counter, units, most)) await new Promise((resolve) => setTimeout(resolve, waitMs));
  return () => {
    Atomics.sub(counter, 0, units);
  };
}

function tryTake(counter: Int32Array, units: number, most: number): boolean {
  for (;;) {
    const used = Atomics.load(counter, 0);
    if (used > 0 && used + units > most) return false;
    if (Atomics.compareExchange(counter, 0, used, used + units) === used) return true;
  }
}
