import { checkNumber, checkNumbers, checkObject, invalidOption } from '../errors/errors';
import type { Codes } from './codes';

/** Throws INVALID_OPTION unless `codes` are codes, with as many numbers as they say. */
export function checkCodes(
  where: string,
  codes: unknown,
): asserts codes is Pick<Codes, 'values' | 'count' | 'codeSize'> {
  checkObject(where, codes, 'the codes that encodeAll returns');
  const { values, count, codeSize } = codes as Partial<Codes>;
  checkNumber(`${where}, codeSize`, codeSize, { min: 1, integer: true });
  checkNumber(`${where}, count`, count, { min: 0, integer: true });
  if (!(values instanceof Float32Array)) throw invalidOption(`${where}, values`, 'a Float32Array', values);
  checkNumbers(`${where}, values`, values, count * codeSize);
}

/** Throws INVALID_OPTION unless `codes` also have a list of keys and one of labels. */
export function checkNamedCodes(where: string, codes: unknown): asserts codes is Codes {
  checkCodes(where, codes);
  const { keys, labels } = codes as Partial<Codes>;
  for (const [name, list] of Object.entries({ keys, labels })) {
    if (!Array.isArray(list) || list.length !== codes.count) {
      throw invalidOption(`${where}, ${name}`, `a list of ${codes.count}, one per code`, list);
    }
  }
}
