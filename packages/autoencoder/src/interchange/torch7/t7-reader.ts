/**
 * Reads files of Torch7's torch.save in its binary format: tags, each followed by its value. Tables, objects and functions have a number by
 * which later occurrences refer to them. Functions are skipped. Files are untrusted: all sizes are checked.
 */
import { Unexpected } from '../../files/expectations';
import { type LongBytes, longTypes, numberClass, numberTypes } from './t7-numbers';
import { T7Function, type T7NumberType, T7Object, T7Storage, T7Table, T7Tensor, type T7Value } from './t7-values';

const tags = { nil: 0, number: 1, string: 2, table: 3, torch: 4, boolean: 5, function: 6, oldClosure: 7, closure: 8 };

const maxDepth = 250;
const maxRank = 8;
/** Many more than a network has. */
const maxValues = 1_000_000;

/** Reads the value in a file, whatever the size of its longs. Throws Unexpected. */
export function readT7(bytes: Uint8Array): T7Value {
  // The text format begins with a tag in digits.
  if (bytes[0] >= 0x30 && bytes[0] <= 0x39 && bytes[1] === 0x0a) {
    throw new Unexpected("it is in Torch7's text format; load it there, and save it with torch.save(file, net)");
  }
  const readers = ([8, 4] as const).map((longs) => new T7Reader(bytes, longs));
  const failures: { at: number; error: Unexpected }[] = [];
  for (const reader of readers) {
    try {
      return reader.readWhole();
    } catch (error) {
      if (!(error instanceof Unexpected)) throw error;
      failures.push({ at: reader.at, error });
    }
  }
  // The attempt that got farther has the more relevant error.
  failures.sort((a, b) => b.at - a.at);
  throw new Unexpected(`at byte ${failures[0].at}, ${failures[0].error.message}`);
}

class T7Reader {
  at = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #long: T7NumberType;
  readonly #known = new Map<number, T7Value>();
  #depth = 0;
  #count = 0;

  constructor(bytes: Uint8Array, longs: LongBytes) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#long = longTypes[longs];
  }

  readWhole(): T7Value {
    const value = this.#readValue();
    if (this.at === this.#bytes.length) return value;
    throw new Unexpected(`${this.#bytes.length - this.at} extra bytes follow the end`);
  }

  #readValue(): T7Value {
    if (++this.#count > maxValues) throw new Unexpected(`it contains more than ${maxValues} values`);
    if (++this.#depth > maxDepth) throw new Unexpected(`its values are nested more than ${maxDepth} deep`);
    const value = this.#readTagged();
    this.#depth--;
    return value;
  }

  #readTagged(): T7Value {
    const tag = this.#readInt();
    switch (tag) {
      case tags.nil:
        return null;
      case tags.number:
        return this.#take(8, (view, at) => view.getFloat64(at, true));
      case tags.string:
        return this.#readString();
      case tags.boolean:
        return this.#readInt() !== 0;
      case tags.function:
        return this.#skipFunction();
      case tags.table:
      case tags.torch:
      case tags.oldClosure:
      case tags.closure:
        return this.#readReference(tag);
      default:
        throw new Unexpected(`there is no kind of value with the number ${tag}`);
    }
  }

  #readReference(tag: number): T7Value {
    const index = this.#readInt();
    const known = this.#known.get(index);
    if (known !== undefined) return known;
    if (tag === tags.table) return this.#readTable(index);
    if (tag === tags.torch) return this.#readObject(index);
    const value = new T7Function();
    this.#known.set(index, value);
    this.#skipFunction();
    return value;
  }

  /** A function compiled by Lua, and the values that it closes over. */
  #skipFunction(): T7Function {
    this.#skip(this.#readCount('a function', 1));
    this.#readValue();
    return new T7Function();
  }

  #readTable(index: number): T7Table {
    const table = new T7Table();
    // Registered before its contents are read, which may include the table itself.
    this.#known.set(index, table);
    // A key and a value take at least eight bytes.
    const count = this.#readCount('a table', 8);
    for (let i = 0; i < count; i++) {
      const key = this.#readValue();
      table.entries.set(key, this.#readValue());
    }
    return table;
  }

  #readObject(index: number): T7Value {
    const version = this.#readString();
    const className = version.startsWith('V ') ? this.#readString() : version;
    const [isNumbers, , type = 'Float', kind] = numberClass.exec(className) ?? [];
    if (isNumbers) {
      const numbers = type === 'Long' ? this.#long : numberTypes[type];
      const value = kind === 'Tensor' ? this.#readTensor() : this.#readStorage(numbers);
      this.#known.set(index, value);
      return value;
    }
    const object = new T7Object(className);
    this.#known.set(index, object);
    object.fields = this.#readValue();
    return object;
  }

  #readTensor(): T7Tensor {
    const rank = this.#readInt();
    if (rank < 0 || rank > maxRank) throw new Unexpected(`a tensor has ${rank} dimensions`);
    const shape = Array.from({ length: rank }, () => this.#readLong('a size'));
    const strides = Array.from({ length: rank }, () => this.#readLong('a stride'));
    const offset = this.#readLong('the place of a tensor') - 1;
    const storage = this.#readValue();
    if (storage !== null && !(storage instanceof T7Storage)) throw new Unexpected('a tensor has no storage');
    return new T7Tensor(shape, strides, Math.max(0, offset), storage);
  }

  #readStorage(type: T7NumberType): T7Storage {
    const length = this.#readLong('the length of a storage');
    const start = this.at;
    this.#skip(length * type.bytes);
    const { buffer, byteOffset } = this.#bytes;
    return new T7Storage(new DataView(buffer, byteOffset + start, length * type.bytes), type, length);
  }

  #readString(): string {
    const length = this.#readCount('a text', 1);
    const start = this.at;
    this.#skip(length);
    return new TextDecoder('latin1').decode(this.#bytes.subarray(start, start + length));
  }

  #readInt(): number {
    return this.#take(4, (view, at) => view.getInt32(at, true));
  }

  /** A whole number of at least 0. */
  #readLong(what: string): number {
    const value = this.#take(this.#long.bytes, this.#long.read);
    if (value >= 0 && Number.isSafeInteger(value)) return value;
    throw new Unexpected(`${what} is ${value}`);
  }

  /** Number of parts that follow, each of at least `bytes`. */
  #readCount(what: string, bytes: number): number {
    const count = this.#readInt();
    if (count >= 0 && count * bytes <= this.#bytes.length - this.at) return count;
    throw new Unexpected(`${what} of length ${count} does not fit in the file`);
  }

  #take<T>(bytes: number, read: (view: DataView, at: number) => T): T {
    const start = this.at;
    this.#skip(bytes);
    return read(this.#view, start);
  }

  #skip(bytes: number): void {
    if (bytes > this.#bytes.length - this.at) throw new Unexpected('the file ends in the middle of a value');
    this.at += bytes;
  }
}
