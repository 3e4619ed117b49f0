/**
 * Pickles of (image file, label), of arrays, and of what folder2lmdb and TensorPack write, under any keys, with the count under `__len__`
 * and the keys under `__keys__`. They are read as data: nothing that they name is executed.
 */
import type { Datum } from '../datum/datum';
import { describeValue } from '../datum/value-layout';
import { type DatumError, reasonOf } from '../errors/errors';
import { type ColorOrder, colorOrders } from './array-image';
import { PickleRunsError, readPickle } from './python/pickle';
import { datumOfObjects } from './python-record';
import { otherValue, type RecordContext, type Schema, strangeRecord } from './schema';

/** The byte that ends a pickle. */
const stop = 0x2e;

export const pickleSchema: Schema = {
  name: 'pickle',
  title: 'Python pickles, as in folder2lmdb and TensorPack',
  sideKeys: ['__len__', '__keys__'],
  recognize(value) {
    if (value.at(-1) !== stop) return undefined;
    try {
      return datumOfObjects(readPickle(value), 'bgr') ? 'pickles with images' : undefined;
    } catch (error) {
      // What it would execute is reported when it is read. Those of protocols 0 and 1 do not say that they are pickles.
      const isPickle = error instanceof PickleRunsError && (value[0] === 0x80 || /^\w+(\.\w+)+$/.test(error.message));
      return isPickle ? 'pickles' : undefined;
    }
  },
  decode(value, context): Datum {
    let objects: unknown;
    try {
      objects = readPickle(value);
    } catch (cause) {
      if (!(cause instanceof PickleRunsError)) throw unreadable(value, context, cause);
      const todo = 'pickles are read as data and never run; write image files, NumPy arrays, numbers and text instead';
      const layout = `a pickle that would run ${cause.message}`;
      throw strangeRecord('a pickle of data', layout, context, { cause, todo, layout });
    }
    const datum = datumOfObjects(objects, context.variant as ColorOrder);
    if (!datum)
      throw strangeRecord('an image', 'a pickle without one', context, { layout: 'a pickle without an image' });
    return datum;
  },
  variants: () => colorOrders,
  countSaid(lookup) {
    const value = lookup.get('__len__');
    return value && countOf(value);
  },
};

function unreadable(value: Uint8Array, context: RecordContext, cause: unknown): DatumError {
  const isOther = !describeValue(value)?.includes('pickle');
  return isOther
    ? otherValue('a pickle', value, context, cause)
    : strangeRecord('a pickle of an image', reasonOf(cause), context, { cause });
}

function countOf(value: Uint8Array): { key: string; count: number } | undefined {
  try {
    const count = readPickle(value);
    return typeof count === 'number' ? { key: '__len__', count } : undefined;
  } catch {
    return undefined;
  }
}
