/** What `convertImageset` and its workers tell each other. */
import type { Converted } from './convert-image';
import type { ImageFile } from './image-list';

/** Images to convert, and memory for their messages. */
export interface ConvertRequest {
  images: ImageFile[];
  memory: SharedArrayBuffer;
}

/** A message in that memory goes by its place there: sending a view of shared memory costs as much as decoding a small image. */
export type ConvertReply = Converted | { at: number; bytes: number; size: string };

export function toReply(converted: Converted, memory: SharedArrayBuffer): ConvertReply {
  if ('skipped' in converted || converted.value.buffer !== memory) return converted;
  const { value, size } = converted;
  return { at: value.byteOffset, bytes: value.length, size };
}

/** The message behind a reply. */
export function fromReply(reply: ConvertReply, memory: SharedArrayBuffer): Converted {
  return 'at' in reply ? { value: new Uint8Array(memory, reply.at, reply.bytes), size: reply.size } : reply;
}
