import type { layers } from '@tensorflow/tfjs-layers';
import { InvalidOptionError } from '../errors';
import { checkOptions } from '../ops/checks';

/** A branch of a {@link Sequential}: the result of its layers is added to the input of the first one. */
export class Residual {
  constructor(
    readonly layers: readonly layers.Layer[],
    /** Name of the layer that adds. */
    readonly name?: string,
  ) {}
}

/**
 * Creates a residual branch for {@link Sequential}: x -> x + layers(x), as in He et al., 2016. The last layer must restore the shape of x;
 * with a kernel of zeros there, the branch starts as the identity.
 *
 * @throws InvalidOptionError for an empty list
 */
export function residual(list: readonly layers.Layer[], options: { name?: string } = {}): Residual {
  checkOptions('residual', options, "name: 'add'");
  if (Array.isArray(list) && list.length > 0) return new Residual(list, options.name);
  throw new InvalidOptionError({ where: 'residual', expected: 'a list of at least one layer', received: 'none' });
}
