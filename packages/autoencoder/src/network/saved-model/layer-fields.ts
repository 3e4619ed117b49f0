/**
 * The values that the fields of a layer's configuration may have. The classes of tf.layers use the same names for the same things, so one
 * table serves all; fields that are not in it belong to custom layers, which check them themselves.
 */
import * as tf from '@tensorflow/tfjs-core';
import { type ComponentField, isComponent } from './components';
import { snakeCase } from './json-document';
import type { Place } from './place';

/** A description of what is allowed, and a check of a value. */
interface Rule {
  readonly expected: string;
  allows(value: unknown): boolean;
}

/** Sizes of kernels, windows and images; no image that fits in memory has more rows. */
const largest = 2 ** 24;

const boolean: Rule = { expected: 'true or false', allows: (value) => typeof value === 'boolean' };

function integer(min: number, max = largest): Rule {
  const allows = (value: unknown) => Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
  return { expected: `an integer from ${min} to ${max}`, allows };
}

function number(min = -1e30, max = 1e30): Rule {
  const allows = (value: unknown) => typeof value === 'number' && value >= min && value <= max;
  return { expected: `a number from ${min} to ${max}`, allows };
}

function oneOf(...values: string[]): Rule {
  return {
    expected: values.map((value) => `"${value}"`).join(' or '),
    allows: (value) => values.includes(value as string),
  };
}

function list(of: Rule, min = 0, max = 8): Rule {
  const allows = (value: unknown) =>
    Array.isArray(value) && value.length >= min && value.length <= max && value.every((item) => of.allows(item));
  return { expected: `a list of ${min} to ${max}, each ${of.expected}`, allows };
}

function either(...rules: Rule[]): Rule {
  return {
    expected: rules.map(({ expected }) => expected).join(', or '),
    allows: (value) => rules.some((rule) => rule.allows(value)),
  };
}

const nothing: Rule = { expected: 'null', allows: (value) => value === null };
const sizes: Rule = {
  expected: `an integer from 1 to ${largest}, or a list of 1 to 3 of them`,
  allows: either(integer(1), list(integer(1), 1, 3)).allows,
};
const sides: Rule = {
  expected: `integers from 0 to ${largest}, one for each side`,
  allows: either(integer(0), list(either(integer(0), list(integer(0), 2, 2)), 1, 3)).allows,
};
const shape = list(either(integer(1), nothing), 1);
const plain: Rule = {
  expected: 'a number, text, true, false or null',
  allows: (value) => ['number', 'string', 'boolean'].includes(typeof value) || value === null,
};

/** An activation, initializer, regularizer or constraint: its name, or a class with numbers and words. */
function component(field: ComponentField): Rule {
  const kind = field.replace('kernel', '').toLowerCase();
  const allows = (value: unknown) => {
    const config = (value as { config?: unknown }).config ?? {};
    if (typeof config !== 'object' || !Object.values(config as object).every(plain.allows)) return false;
    return isComponent(field, value);
  };
  return { expected: `the name of a known ${kind}, or { class_name, config } of one`, allows };
}

const rules: Readonly<Record<string, Rule>> = {
  trainable: boolean,
  batchInputShape: shape,
  inputShape: shape,
  batchSize: nothing,
  dtype: oneOf('float32', 'int32'),
  inputDtype: oneOf('float32', 'int32'),
  sparse: { expected: 'false', allows: (value) => value === false },
  filters: integer(1),
  units: integer(1),
  kernelSize: sizes,
  poolSize: sizes,
  size: sizes,
  strides: sizes,
  dilationRate: sizes,
  depthMultiplier: integer(1),
  padding: either(oneOf('valid', 'same', 'causal'), sides),
  cropping: sides,
  dataFormat: oneOf('channelsLast', 'channelsFirst'),
  interpolation: oneOf('nearest', 'bilinear'),
  useBias: boolean,
  center: boolean,
  scale: either(boolean, number()),
  offset: number(),
  rate: number(0, 1),
  dropout: number(0, 1),
  recurrentDropout: number(0, 1),
  noiseShape: either(nothing, list(either(integer(1), nothing))),
  seed: number(),
  stddev: number(0),
  momentum: number(0, 1),
  epsilon: number(0),
  alpha: number(),
  theta: number(),
  threshold: number(),
  negativeSlope: number(),
  maxValue: number(),
  maskValue: number(),
  axis: either(integer(-8, 8), list(integer(-8, 8), 1)),
  axes: either(integer(-8, 8), list(integer(-8, 8), 1)),
  sharedAxes: either(integer(-8, 8), list(integer(-8, 8), 1)),
  targetShape: list(either(integer(-1), nothing), 1),
  outputSize: list(integer(1), 2, 2),
  mask: oneOf('strict', 'torch7'),
  distinctIndices: boolean,
  dims: list(integer(1, 8), 1),
  n: integer(1),
  inputDim: integer(1, 2 ** 31 - 1),
  outputDim: integer(1),
  inputLength: either(integer(1), list(either(integer(1), nothing))),
  height: integer(1),
  width: integer(1),
  numTokens: integer(1),
  implementation: integer(0, 2),
  ...named(
    boolean,
    'maskZero',
    'returnSequences',
    'returnState',
    'goBackwards',
    'stateful',
    'unroll',
    'unitForgetBias',
  ),
  ...named(boolean, 'keepdims', 'normalize', 'cropToAspectRatio'),
  ...named(
    component('kernelInitializer'),
    ...['kernelInitializer', 'biasInitializer', 'recurrentInitializer', 'depthwiseInitializer', 'pointwiseInitializer'],
    ...[
      'alphaInitializer',
      'betaInitializer',
      'gammaInitializer',
      'movingMeanInitializer',
      'movingVarianceInitializer',
    ],
    'embeddingsInitializer',
  ),
  ...named(
    component('kernelRegularizer'),
    ...['kernelRegularizer', 'biasRegularizer', 'activityRegularizer', 'recurrentRegularizer', 'depthwiseRegularizer'],
    ...['pointwiseRegularizer', 'alphaRegularizer', 'betaRegularizer', 'gammaRegularizer', 'embeddingsRegularizer'],
  ),
  ...named(
    component('kernelConstraint'),
    ...['kernelConstraint', 'biasConstraint', 'recurrentConstraint', 'depthwiseConstraint', 'pointwiseConstraint'],
    ...['alphaConstraint', 'betaConstraint', 'gammaConstraint', 'embeddingsConstraint'],
  ),
  ...named(component('activation'), 'activation', 'recurrentActivation'),
};

function named(rule: Rule, ...names: string[]): Record<string, Rule> {
  return Object.fromEntries(names.map((name) => [name, rule]));
}

/** Tells whether TensorFlow.js knows a class by its name: one of tf.layers, of this package, or of the program itself. */
export function isRegistered(className: string): boolean {
  return Object.hasOwn(tf.serialization.SerializationMap.getMap().classNameMap, className);
}

/** Checks the fields of a layer's configuration that have a known meaning; missing ones have defaults. Throws MODEL_INVALID. */
export function checkFields(config: Readonly<Record<string, unknown>>, place: Place): void {
  for (const [key, value] of Object.entries(config)) {
    const field = place.at(snakeCase(key));
    if (value === null) continue;
    if (Object.hasOwn(rules, key) && !rules[key].allows(value)) throw field.unlike(rules[key].expected, value);
    if (typeof value === 'number' && !Number.isFinite(value)) throw field.unlike('a number', value);
  }
}
