/** What pickles call by name, if it is data: NumPy's arrays and scalars, and bytes as written by Python 2. Nothing else is executed. */
import { NdArray, ndArray } from './nd-array';

/** A name that a pickle refers to. Nothing is loaded. */
export class PickleGlobal {
  constructor(readonly name: string) {}
}

/** NumPy's type of items, as far as it is known. */
class DtypeData {
  order = '|';
  constructor(readonly code: string) {}
  get text(): string {
    return `${this.order}${this.code}`;
  }
}

/** An array before its state is known. */
class EmptyArray {}

/** Thrown if a pickle would execute something. */
export class PickleRunsError extends Error {}

/** Returns the data that a call stands for. @throws PickleRunsError for any other call */
export function callAsData({ name }: PickleGlobal, args: readonly unknown[]): unknown {
  const known = calls[name.replace(/^numpy\._core\./, 'numpy.core.').replace(/^__builtin__\./, 'builtins.')];
  // Objects of classes are made by a helper, whose first argument is the class.
  const [first] = args;
  if (!known) throw new PickleRunsError(/^copy_?reg\./.test(name) && first instanceof PickleGlobal ? first.name : name);
  return known(args);
}

const calls: Readonly<Record<string, (args: readonly unknown[]) => unknown>> = {
  'numpy.core.multiarray._reconstruct': () => new EmptyArray(),
  'numpy.dtype': ([code]) => new DtypeData(textOf(code)),
  'numpy.core.multiarray.scalar': ([type, bytes]) => ndArray(dtypeOf(type), [], bytesOf(bytes)),
  'numpy.core.numeric._frombuffer': ([bytes, type, shape, order]) =>
    ndArray(dtypeOf(type), shapeOf(shape), bytesOf(bytes), order === 'F'),
  '_codecs.encode': ([text]) => Buffer.from(textOf(text), 'latin1'),
  'builtins.bytes': ([bytes]) => (bytes === undefined ? new Uint8Array(0) : bytesOf(bytes)),
  'builtins.bytearray': ([bytes, encoding]) =>
    encoding === undefined ? bytesOf(bytes ?? new Uint8Array(0)) : Buffer.from(textOf(bytes), 'latin1'),
  'collections.OrderedDict': () => new Map<unknown, unknown>(),
};

/** Returns an object with its state, which is data of the kinds above. @throws PickleRunsError */
export function withState(object: unknown, state: unknown): unknown {
  if (object instanceof DtypeData && Array.isArray(state)) {
    if (typeof state[1] === 'string') object.order = state[1];
    return object;
  }
  if (object instanceof EmptyArray && Array.isArray(state)) {
    const [, shape, type, isFortran, bytes] = state;
    return ndArray(dtypeOf(type), shapeOf(shape), bytesOf(bytes), isFortran === true);
  }
  throw new PickleRunsError(object instanceof PickleGlobal ? object.name : '__setstate__');
}

function dtypeOf(type: unknown): string {
  if (type instanceof DtypeData) return type.text;
  throw new RangeError('an array without a type');
}

function shapeOf(shape: unknown): number[] {
  if (Array.isArray(shape) && shape.every((size) => typeof size === 'number')) return shape;
  throw new RangeError('an array without a shape');
}

function textOf(text: unknown): string {
  if (typeof text === 'string') return text;
  // Python 2 writes text as bytes.
  if (text instanceof Uint8Array) return Buffer.from(text).toString('latin1');
  throw new RangeError('a call without its text');
}

function bytesOf(bytes: unknown): Uint8Array {
  if (bytes instanceof Uint8Array) return bytes;
  if (typeof bytes === 'string') return Buffer.from(bytes, 'latin1');
  if (bytes instanceof NdArray && bytes.data instanceof Uint8Array) return bytes.data;
  throw new RangeError('an array without its bytes');
}
