/** The values in a file of torch.save. */
import { Unexpected } from '../../files/expectations';

export type T7Value = null | number | boolean | string | T7Table | T7Object | T7Tensor | T7Storage | T7Function;

/** A table of Lua. */
export class T7Table {
  readonly entries = new Map<T7Value, T7Value>();

  /** The values of the keys 1, 2, 3 and so on. */
  get list(): T7Value[] {
    const values: T7Value[] = [];
    for (let key = 1; this.entries.has(key); key++) values.push(this.entries.get(key) as T7Value);
    return values;
  }
}

/** An object of a class that is not built in, such as a module of nn. */
export class T7Object {
  fields: T7Value = null;

  constructor(readonly className: string) {}

  /** Returns a field; undefined if it is missing or nil. */
  get(name: string): Exclude<T7Value, null> | undefined {
    return (this.fields instanceof T7Table ? this.fields.entries.get(name) : undefined) ?? undefined;
  }
}

/** A Lua function, which is ignored and never run. */
export class T7Function {}

/** How the numbers of a storage are encoded. */
export interface T7NumberType {
  readonly bytes: number;
  read(view: DataView, at: number): number;
}

/** Numbers in memory, which several tensors may share. */
export class T7Storage {
  readonly #view: DataView;
  readonly #type: T7NumberType;

  constructor(
    view: DataView,
    type: T7NumberType,
    readonly length: number,
  ) {
    this.#view = view;
    this.#type = type;
  }

  at(index: number): number {
    return this.#type.read(this.#view, index * this.#type.bytes);
  }

  /** Returns all numbers, at most `most`. Throws Unexpected. */
  values(most: number): number[] {
    if (this.length > most) throw new Unexpected(`a list of sizes has ${this.length} numbers`);
    return Array.from({ length: this.length }, (_, i) => this.at(i));
  }
}

/** A tensor: numbers of a storage, with a stride along each axis. */
export class T7Tensor {
  constructor(
    readonly shape: readonly number[],
    readonly strides: readonly number[],
    /** Offset of the first number in the storage, from 0. */
    readonly offset: number,
    readonly storage: T7Storage | null,
  ) {}

  get size(): number {
    return this.shape.length === 0 ? 0 : this.shape.reduce((product, size) => product * size, 1);
  }

  /** Returns its numbers, last axis fastest. Throws Unexpected for a tensor that extends beyond its storage. */
  values(): Float32Array {
    const { shape, strides, offset, storage, size } = this;
    if (size === 0 || !storage) return new Float32Array(0);
    const last = shape.reduce((at, count, axis) => at + (count - 1) * strides[axis], offset);
    // Strides such as 0 would make many numbers out of a few.
    if (last >= storage.length || size > storage.length) {
      throw new Unexpected(`a tensor of [${shape.join(', ')}] reaches beyond its ${storage.length} numbers`);
    }
    const values = new Float32Array(size);
    const position = shape.map(() => 0);
    let from = offset;
    for (let to = 0; to < size; to++) {
      values[to] = storage.at(from);
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        from += strides[axis];
        if (++position[axis] < shape[axis]) break;
        from -= strides[axis] * shape[axis];
        position[axis] = 0;
      }
    }
    return values;
  }
}
