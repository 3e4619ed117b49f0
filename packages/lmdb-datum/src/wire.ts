/** Protocol Buffers' wire format, as much of it as Caffe's messages need. */

export const VARINT = 0;
const FIXED64 = 1;
export const BYTES = 2;
const GROUP = 3;
const GROUP_END = 4;
export const FLOAT = 5;

/** Groups within groups that are skipped; more are taken for damage. */
const MOST_DEPTH = 100;

/** Reads fields one after the other. All reading ends in a RangeError where the bytes end or make no sense. */
export class WireReader {
  pos = 0;
  readonly len: number;
  private readonly view: DataView;

  constructor(private readonly message: Uint8Array) {
    this.len = message.length;
    this.view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  }

  /** A varint's lower 32 bits, unsigned. It may have up to ten bytes: negative numbers have. */
  uint32(): number {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.byte();
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new RangeError('a number has no end');
  }

  int32(): number {
    return this.uint32() | 0;
  }

  bool(): boolean {
    let isTrue = false;
    for (let i = 0; i < 10; i++) {
      const byte = this.byte();
      if (byte & 0x7f) isTrue = true;
      if (byte < 0x80) return isTrue;
    }
    throw new RangeError('a number has no end');
  }

  float(): number {
    const at = this.skip(4);
    return this.view.getFloat32(at, true);
  }

  /** Bytes with their length before them, as a view: a Uint8Array, whose `slice` copies, even if the message is a Buffer. */
  bytes(): Uint8Array {
    const length = this.uint32();
    const at = this.skip(length);
    return new Uint8Array(this.message.buffer, this.message.byteOffset + at, length);
  }

  /** Passes over a field whose tag has been read. */
  skipField(tag: number, depth = 0): void {
    const wire = tag & 7;
    if (tag < 8) throw new RangeError('a field of number 0');
    if (wire === VARINT) this.bool();
    else if (wire === FIXED64) this.skip(8);
    else if (wire === BYTES) this.skip(this.uint32());
    else if (wire === FLOAT) this.skip(4);
    else if (wire === GROUP && depth < MOST_DEPTH) {
      const end = tag - GROUP + GROUP_END;
      for (let inner = this.uint32(); inner !== end; inner = this.uint32()) this.skipField(inner, depth + 1);
    } else throw new RangeError(`a field of wire type ${wire}`);
  }

  /** Moves on, and returns where that began. */
  private skip(bytes: number): number {
    const at = this.pos;
    if (bytes > this.len - at) throw new RangeError(`${bytes} bytes at ${at} of ${this.len}`);
    this.pos = at + bytes;
    return at;
  }

  private byte(): number {
    if (this.pos >= this.len) throw new RangeError(`a byte at ${this.pos} of ${this.len}`);
    return this.message[this.pos++] as number;
  }
}

/** Collects the bytes of fields. */
export class WireWriter {
  private readonly collected: number[] = [];

  /** An unsigned number: a tag, or a length. */
  uint32(value: number): this {
    let rest = value;
    for (; rest > 0x7f; rest >>>= 7) this.collected.push((rest & 0x7f) | 0x80);
    this.collected.push(rest);
    return this;
  }

  /** A signed number; negative ones take ten bytes, as if they had 64 bits. */
  int32(value: number): this {
    if (value >= 0) return this.uint32(value);
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest > 0x7fn; rest >>= 7n) this.collected.push(Number(rest & 0x7fn) | 0x80);
    this.collected.push(Number(rest));
    return this;
  }

  float(value: number): this {
    this.collected.push(...new Uint8Array(Float32Array.of(value).buffer));
    return this;
  }

  finish(): Uint8Array {
    return Uint8Array.from(this.collected);
  }
}
