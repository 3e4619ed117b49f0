import type { Weight } from '../weights';
import type { Attribute, ElementType, OnnxNode, OnnxTensor } from './protobuf';

/** A graph of operators, built one operator at a time. Values are identified by name. */
export class OnnxGraph {
  readonly nodes: OnnxNode[] = [];
  readonly #tensors = new Map<string, OnnxTensor>();
  readonly #taken = new Map<string, number>();
  /** The layer that the next operators belong to. */
  scope = '';

  get tensors(): OnnxTensor[] {
    return [...this.#tensors.values()];
  }

  /** Adds an operator and returns the name of its first output. */
  add(op: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): string {
    return this.addMany(op, inputs, 1, attributes)[0];
  }

  /** Adds an operator with several outputs and returns their names. */
  addMany(
    op: string,
    inputs: readonly string[],
    count: number,
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string[] {
    const name = this.#free(`${this.scope}/${op}`);
    const outputs = Array.from({ length: count }, (_, i) => (i === 0 ? `${name}_output` : `${name}_output${i + 1}`));
    this.nodes.push({ op, name, inputs, outputs, attributes });
    return outputs;
  }

  /** Gives a value its own name. */
  rename(value: string, name: string): void {
    this.nodes.push({
      op: 'Identity',
      name: this.#free(`${name}/Identity`),
      inputs: [value],
      outputs: [name],
      attributes: {},
    });
  }

  /** Adds a weight of the layer, or a table of whole numbers, and returns its name. */
  weight(name: string, { shape, values }: Weight, type: 'float32' | 'int64' = 'float32'): string {
    const isFloat = type === 'float32';
    const bytes = isFloat ? new Uint8Array(values.buffer, values.byteOffset, values.byteLength) : bytesOf(type, values);
    return this.#tensor({ name: this.#free(`${this.scope}.${name}`), type, shape, bytes });
  }

  /** Returns the name of a list of whole numbers, in the form in which operators take sizes and axes. */
  list(values: readonly number[]): string {
    return this.#constant('int64', values, [values.length]);
  }

  /** Returns the name of a whole number. */
  integer(value: number, type: 'int64' | 'int32' = 'int64'): string {
    return this.#constant(type, [value], []);
  }

  /** Returns the name of a number. */
  number(value: number): string {
    return this.#constant('float32', [value], []);
  }

  #constant(type: ElementType, values: readonly number[], shape: readonly number[]): string {
    const name = `${type}${shape.length > 0 ? 's' : ''}_${values.join('_')}`.slice(0, 60);
    const bytes = bytesOf(type, values);
    const known = this.#tensors.get(name);
    if (known && Buffer.compare(known.bytes, bytes) === 0) return name;
    return this.#tensor({ name: this.#free(name), type, shape, bytes });
  }

  #tensor(tensor: OnnxTensor): string {
    this.#tensors.set(tensor.name, tensor);
    return tensor.name;
  }

  #free(name: string): string {
    const count = (this.#taken.get(name) ?? 0) + 1;
    this.#taken.set(name, count);
    return count === 1 ? name : `${name}_${count}`;
  }
}

function bytesOf(type: ElementType, values: ArrayLike<number>): Uint8Array {
  if (type === 'int64') return new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
  return new Uint8Array((type === 'int32' ? Int32Array.from(values) : Float32Array.from(values)).buffer);
}
