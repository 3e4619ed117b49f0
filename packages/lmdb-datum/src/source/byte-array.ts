/** Bytes with those methods of Node's Buffer that pages are read with, for places that have none. */
import type { PageBytes } from '../lmdb/page';

export class ByteArray extends Uint8Array implements PageBytes {
  /** Shows bytes as such an array, without a copy. */
  static view({ buffer, byteOffset, byteLength }: Uint8Array): ByteArray {
    return new ByteArray(buffer as ArrayBuffer, byteOffset, byteLength);
  }

  readUInt16LE(offset: number): number {
    if (!(offset >= 0 && offset + 2 <= this.length)) throw new RangeError(`offset ${offset} of ${this.length} bytes`);
    return this[offset] | (this[offset + 1] << 8);
  }

  readUInt32LE(offset: number): number {
    return this.readUInt16LE(offset) + this.readUInt16LE(offset + 2) * 0x1_0000;
  }

  /** Compares bytes `[start, end)` with the target's: below 0 if they come first. */
  compare(target: Uint8Array, targetStart = 0, targetEnd = target.length, start = 0, end = this.length): number {
    const [own, other] = [end - start, targetEnd - targetStart];
    for (let i = 0; i < own && i < other; i++) {
      const difference = this[start + i] - target[targetStart + i];
      if (difference !== 0) return difference;
    }
    return own - other;
  }

  override subarray(start?: number, end?: number): ByteArray {
    return super.subarray(start, end) as ByteArray;
  }
}
