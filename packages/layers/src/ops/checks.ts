/** Checks of what callers pass in. */
import { inWords } from '@ae/ground/in-words';
import { Tensor, Variable } from '@tensorflow/tfjs-core';
import { InvalidOptionError, ShapeError } from '../errors';

/** Refuses values that are not options, or have a name that is not text. @throws InvalidOptionError `INVALID_OPTION` */
export function checkOptions(where: string, options: unknown, example: string): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new InvalidOptionError({ where, expected: `options such as { ${example} }`, received: inWords(options) });
  }
  const { name } = options as { name?: unknown };
  if (name === undefined || typeof name === 'string') return;
  throw new InvalidOptionError({ where, expected: 'name as text', received: inWords(name) });
}

/** Refuses values that are not a model of tf.layers. @throws InvalidOptionError `INVALID_OPTION` */
export function checkModel(where: string, model: unknown): void {
  const { inputs, outputs, layers } = (model ?? {}) as Record<string, unknown>;
  if ([inputs, outputs, layers].every(Array.isArray)) return;
  throw new InvalidOptionError({ where, expected: 'a model of tf.layers', received: inWords(model) });
}

/** Refuses values that are not a variable. @throws InvalidOptionError `INVALID_OPTION` */
export function checkVariable(where: string, name: string, variable: unknown): void {
  if (variable instanceof Variable) return;
  throw new InvalidOptionError({ where, expected: `${name} as a tf.Variable`, received: inWords(variable) });
}

/** Refuses tensors of different shapes. @throws ShapeError `SHAPE_MISMATCH` */
export function checkSameShape(where: string, names: readonly [string, string], a: unknown, b: unknown): void {
  const [shapeA, shapeB] = [a, b].map((tensor) => (tensor instanceof Tensor ? tensor.shape.join('x') : undefined));
  if (shapeA !== undefined && shapeA === shapeB) return;
  const received = [shapeA ?? inWords(a), shapeB ?? inWords(b)].join(' and ');
  throw new ShapeError({ where, expected: `${names.join(' and ')} as tensors of one shape`, received });
}
