/** A few images that one thread converts: a worker, or the calling thread when it has nothing to write. Whichever is first. */
import { type Converted, convertImage } from './convert-image';
import type { ConvertPlan } from './convert-options';
import type { ImageFile } from './image-list';

export interface Chunk {
  number: number;
  images: ImageFile[];
  /** What the messages go to. It begins with the number of the chunk that is in it, until a thread takes that. */
  memory: SharedArrayBuffer;
}

/** Memory for the messages of a chunk. Those that don't fit have their own; what isn't used costs nothing. */
const MEMORY_BYTES = 4 << 20;
const FIRST_BYTE = 64;
const TAKEN = -1;

export function chunkMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(MEMORY_BYTES);
}

/** Puts a chunk up for whichever thread takes it first. */
export function offer({ number, memory }: Chunk): void {
  Atomics.store(new Int32Array(memory), 0, number);
}

/** True if this thread is the first one to ask. */
export function take({ number, memory }: Chunk): boolean {
  return Atomics.compareExchange(new Int32Array(memory), 0, number, TAKEN) === number;
}

/**
 * Converts a chunk's images.
 *
 * @param pause Called after each image, and awaited if it has something to wait for.
 * @returns undefined if another thread has taken the chunk.
 */
export async function convertChunk(
  chunk: Chunk,
  plan: ConvertPlan,
  pause?: () => Promise<void> | undefined,
): Promise<Converted[] | undefined> {
  if (!take(chunk)) return undefined;
  const room = new ChunkRoom(chunk.memory);
  const converting: (Converted | Promise<Converted>)[] = [];
  for (const image of chunk.images) {
    const one = convertImage(image, plan, room.allocate);
    // Awaited below; until then a failure is not unhandled.
    if (one instanceof Promise) one.catch(() => undefined);
    converting.push(one);
    const pausing = pause?.();
    if (pausing) await pausing;
  }
  return Promise.all(converting);
}

/** Gives out a chunk's memory, one piece behind the other. */
class ChunkRoom {
  private used = FIRST_BYTE;

  constructor(private readonly memory: SharedArrayBuffer) {}

  readonly allocate = (bytes: number): Uint8Array => {
    if (this.used + bytes > this.memory.byteLength) return new Uint8Array(bytes);
    const piece = new Uint8Array(this.memory, this.used, bytes);
    this.used += bytes;
    return piece;
  };
}

/** Messages in the chunk's memory go by their place there: sending a view of shared memory costs as much as decoding a small image. */
export type ConvertReply = Converted | { at: number; bytes: number; size: string };

export function toReply(
  converted: Converted[],
  { memory }: Chunk,
): { response: ConvertReply[]; transfer: ArrayBuffer[] } {
  const transfer: ArrayBuffer[] = [];
  const response = converted.map((one): ConvertReply => {
    if ('skipped' in one) return one;
    const { message, size } = one;
    if (message.buffer === memory) return { at: message.byteOffset, bytes: message.length, size };
    transfer.push(message.buffer as ArrayBuffer);
    return one;
  });
  return { response, transfer };
}

/** What a worker's replies stand for. */
export function fromReply(replies: ConvertReply[], { memory }: Chunk): Converted[] {
  return replies.map((reply) =>
    'at' in reply ? { message: new Uint8Array(memory, reply.at, reply.bytes), size: reply.size } : reply,
  );
}
