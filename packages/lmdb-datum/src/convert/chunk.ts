/** A few images converted by one thread: a worker, or the calling thread when it has nothing to write, whichever is first. */

import type { ImageFile } from './image-file';
import { type Converted, convertImage, NoRoomError } from './image-to-message';
import type { ConvertPlan } from './options';

export interface Chunk {
  number: number;
  images: ImageFile[];
  /** The memory for messages. It begins with the number of its chunk, until a thread takes that. */
  memory: SharedArrayBuffer;
  /** Counts what waits to be written outside that memory, over all chunks. */
  waiting: SharedArrayBuffer;
}

/** Memory for the messages of a chunk. Those that do not fit get their own; unused memory costs nothing. */
const memoryBytes = 4 << 20;
const firstByte = 64;
const taken = -1;

export function chunkMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(memoryBytes);
}

/** Offers a chunk to whichever thread takes it first. */
export function offer({ number, memory }: Chunk): void {
  Atomics.store(new Int32Array(memory), 0, number);
}

/** True if this thread is the first one to ask. */
export function take({ number, memory }: Chunk): boolean {
  return Atomics.compareExchange(new Int32Array(memory), 0, number, taken) === number;
}

/** An image whose message did not fit: it is converted when it is its turn to be written. */
export const convertLater = { later: true } as const;
export type Outcome = Converted | typeof convertLater;

/** Maximum memory of a thread's images that are decoded at the same time. */
const underWayBytes = 64 << 20;

/**
 * Converts a chunk's images.
 *
 * @param pause Called after each image, and awaited if it returns a promise.
 * @returns undefined if another thread has taken the chunk.
 */
export async function convertChunk(
  chunk: Chunk,
  plan: ConvertPlan,
  pause?: () => Promise<void> | undefined,
): Promise<Outcome[] | undefined> {
  if (!take(chunk)) return undefined;
  const room = new ChunkRoom(chunk);
  const outcomes: (Converted | undefined | Promise<Converted | undefined>)[] = [];
  let isAwaited = false;
  let bytes = 0;
  for (const image of chunk.images) {
    const one = room.isFull ? undefined : convertImage(image, plan, room.allocate);
    if (one && 'converted' in one) {
      // Awaited below; until then a failure does not count as unhandled.
      one.converted.catch(() => undefined);
      outcomes.push(one.converted);
      isAwaited = true;
      bytes += one.bytes;
      if (bytes > underWayBytes) await Promise.all(outcomes);
      if (bytes > underWayBytes) bytes = 0;
    } else outcomes.push(one);
    const pausing = pause?.();
    if (pausing) await pausing;
  }
  // Awaiting ordinary JPEGs, which are there already, would take as long as writing them.
  const converted = isAwaited ? await Promise.all(outcomes) : (outcomes as (Converted | undefined)[]);
  return converted.map((one) => one ?? convertLater);
}

/** Maximum size of messages outside the memory of chunks, whatever the images: `waiting` counts it, in KiB. */
const waitingKib = 128 << 10;

export function waitingCounter(): SharedArrayBuffer {
  return new SharedArrayBuffer(4);
}

/** Records that a message is no longer waiting. */
export function stopWaiting({ memory, waiting }: Chunk, message: Uint8Array): void {
  if (message.buffer !== memory) Atomics.sub(new Int32Array(waiting), 0, kibOf(message.length));
}

function kibOf(bytes: number): number {
  return Math.ceil(bytes / 1024);
}

/** Allocates pieces of a chunk's memory one after the other, and other memory for what does not fit. */
class ChunkRoom {
  #used = firstByte;
  readonly #waiting: Int32Array;

  readonly #chunk: Chunk;

  constructor(chunk: Chunk) {
    this.#chunk = chunk;
    this.#waiting = new Int32Array(chunk.waiting);
  }

  get isFull(): boolean {
    return Atomics.load(this.#waiting, 0) >= waitingKib;
  }

  readonly allocate = (bytes: number): Uint8Array => {
    const { memory } = this.#chunk;
    if (this.#used + bytes <= memory.byteLength) {
      const piece = new Uint8Array(memory, this.#used, bytes);
      // The next one is aligned: V8 copies shared memory eight bytes at a time only if both positions are aligned alike, otherwise one by
      // one.
      this.#used += (bytes + 7) & ~7;
      return piece;
    }
    if (this.isFull) throw new NoRoomError();
    Atomics.add(this.#waiting, 0, kibOf(bytes));
    return new Uint8Array(bytes);
  };
}

/** Messages in the chunk's memory are sent as positions: sending a view of shared memory costs as much as decoding a small image. */
export type ConvertReply = Outcome | { at: number; bytes: number; size: string };

export function toReply(
  converted: Outcome[],
  { memory }: Chunk,
): { response: ConvertReply[]; transfer: ArrayBuffer[] } {
  const transfer: ArrayBuffer[] = [];
  const response = converted.map((one): ConvertReply => {
    if (!('message' in one)) return one;
    const { message, size } = one;
    if (message.buffer === memory) return { at: message.byteOffset, bytes: message.length, size };
    transfer.push(message.buffer as ArrayBuffer);
    return one;
  });
  return { response, transfer };
}

/** The meaning of a worker's replies. */
export function fromReply(replies: ConvertReply[], { memory }: Chunk): Outcome[] {
  return replies.map((reply) =>
    'at' in reply ? { message: new Uint8Array(memory, reply.at, reply.bytes), size: reply.size } : reply,
  );
}
