/** Reads the fields of modules of nn. */
import { Unexpected } from '../../files/expectations';
import type { Weight } from '../weights';
import { T7Object, T7Storage, T7Table, T7Tensor, type T7Value } from './t7-values';

/** A module of a network: its class, its number in the file, and its fields. */
export class Module {
  readonly #object: T7Object;

  constructor(
    object: T7Object,
    /** From 1, as Torch counts; nested modules as '3.1'. */
    readonly number: string,
  ) {
    this.#object = object;
  }

  /** The name of its class: 'nn.Linear'. */
  get className(): string {
    return this.#object.className;
  }

  /** Returns the object itself, by which other modules refer to it. */
  get identity(): T7Object {
    return this.#object;
  }

  /** Makes the error for something that cannot be read. */
  problem(what: string): Unexpected {
    return new Unexpected(`module ${this.number} (${this.className}) ${what}`);
  }

  /** Returns a whole number. */
  integer(name: string, { min = 0, otherwise }: { min?: number; otherwise?: number } = {}): number {
    const value = this.#object.get(name) ?? otherwise;
    if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) < 2 ** 24) return value as number;
    throw this.problem(`has the ${name} ${said(value)}`);
  }

  decimal(name: string, otherwise: number): number {
    const value = this.#object.get(name) ?? otherwise;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw this.problem(`has the ${name} ${said(value)}`);
  }

  flag(name: string): boolean {
    return this.#object.get(name) === true;
  }

  /** Returns another module. */
  object(name: string): T7Object | undefined {
    const value = this.#object.get(name);
    return value instanceof T7Object ? value : undefined;
  }

  /** Returns sizes from a storage or a table. */
  sizes(name: string): number[] {
    const value = this.#object.get(name);
    const list = value instanceof T7Storage ? value.values(8) : value instanceof T7Table ? value.list : undefined;
    if (list && list.length > 0 && list.every((size) => Number.isInteger(size) && Math.abs(size as number) < 2 ** 31)) {
      return list as number[];
    }
    throw this.problem(`has the ${name} ${said(value)}`);
  }

  /** Tells whether there is a tensor that contains numbers. */
  hasTensor(name: string): boolean {
    const value = this.#object.get(name);
    return value instanceof T7Tensor && value.size > 0;
  }

  /** Returns the size of a two-dimensional tensor. */
  shape(name: string): readonly number[] {
    const value = this.#object.get(name);
    if (value instanceof T7Tensor && value.shape.length === 2) return value.shape;
    throw this.problem(`has the ${name} ${said(value)}, not one of two axes`);
  }

  /** Returns the numbers of a tensor, viewed in a shape of the same size. */
  tensor(name: string, shape: readonly number[]): Weight {
    const value = this.#object.get(name);
    const size = shape.reduce((product, each) => product * each, 1);
    if (!(value instanceof T7Tensor)) throw this.problem(`has no ${name}`);
    if (value.size !== size) throw this.problem(`has the ${name} ${said(value)}, not one of [${shape.join(', ')}]`);
    const values = value.values();
    const wrong = values.find((each) => !Number.isFinite(each));
    if (wrong !== undefined) throw this.problem(`has a ${name} that contains ${wrong}`);
    return { shape, values };
  }
}

/** Lists the modules of a network, with containers replaced by their contents. Throws Unexpected. */
export function modulesOf(value: T7Value): Module[] {
  const root = networkIn(value);
  const list: Module[] = [];
  let seen = 0;
  const visit = (object: T7Object, number: string) => {
    // Also counts containers: some that contain each other, or nothing, would never end.
    if (++seen > 2000 || number.length > 100) throw new Unexpected('it has more than 2000 modules');
    if (object.className !== 'nn.Sequential') {
      list.push(new Module(object, number));
      return;
    }
    const parts = object.get('modules');
    const inner = parts instanceof T7Table ? parts.list : [];
    for (const [i, part] of inner.entries()) {
      const place = number ? `${number}.${i + 1}` : String(i + 1);
      if (!(part instanceof T7Object)) throw new Unexpected(`module ${place} is ${said(part)}`);
      visit(part, place);
    }
  };
  visit(root, '');
  if (list.length === 0) throw new Unexpected('its network has no modules');
  return list;
}

/** Returns the network that a file contains, directly or in a table. */
function networkIn(value: T7Value): T7Object {
  if (value instanceof T7Object && value.className === 'nn.Sequential') return value;
  const fields = value instanceof T7Object ? value.fields : value;
  const inside = fields instanceof T7Table ? [...fields.entries.values()] : [];
  const networks = inside.filter((each) => each instanceof T7Object && each.className === 'nn.Sequential');
  if (networks.length === 1) return networks[0] as T7Object;
  throw new Unexpected(`it contains ${said(value)}, not a network (an nn.Sequential)`);
}

function said(value: T7Value | undefined): string {
  if (value instanceof T7Object) return `an object of ${value.className.slice(0, 80)}`;
  if (value instanceof T7Table) return `a table of ${value.entries.size}`;
  if (value instanceof T7Storage) return `a storage of ${value.length} numbers`;
  if (value instanceof T7Tensor) return `of [${value.shape.join(', ')}]`;
  if (value === undefined || value === null) return 'nil';
  return typeof value === 'object' ? 'a function' : JSON.stringify(value).slice(0, 80);
}
