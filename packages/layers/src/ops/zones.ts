/** Zonal codes: which values of a row a code keeps depends on the row. */
import * as tf from '@tensorflow/tfjs-core';
import { DecodeZones, EncodeZones, GatherZones, ScatterZones } from '../contracts/zone-kernels';
import { runKernel } from './run-kernel';

/** Which values each zone keeps, and what they are measured from. */
export interface Zones {
  /** float32 `[Z, S]`: positions of the S values of each zone, different from each other within a zone. */
  readonly positions: tf.Tensor2D;
  /** `[C]`: what is subtracted from values, and stands for those that are left out. */
  readonly means: tf.Tensor1D;
}

/**
 * Encodes rows of C values: `[R, C]` -> `[R, 1 + S]`. The first number is the index of the zone that keeps most of the row, in the sense of
 * squared deviations from the means, divided by Z; the others are the deviations in that zone. Differentiable, with the zone as a constant.
 */
export function encodeZones(x: tf.Tensor2D, zones: Zones): tf.Tensor2D {
  const encode = hasKernels() ? encodeByKernel : encodeByOps;
  return linear(x, zones, encode, (dy, positions, chosen) => scatter(dy, positions, chosen, x.shape[1]));
}

/** Decodes what {@link encodeZones} made: `[R, 1 + S]` -> `[R, C]`. An index between two zones stands for the nearer one. */
export function decodeZones(code: tf.Tensor2D, zones: Zones): tf.Tensor2D {
  return linear(code, zones, hasKernels() ? decodeByKernel : decodeByOps, gather);
}

/** Maps rows, and returns the zones that it has used. */
type ZoneMap = (x: tf.Tensor2D, zones: Zones) => [y: tf.Tensor2D, chosen: tf.Tensor1D];
type Adjoint = (dy: tf.Tensor2D, positions: tf.Tensor2D, chosen: tf.Tensor1D) => tf.Tensor2D;

/** Runs a function that is linear given the zones, whose adjoint for those zones is known. */
function linear(x: tf.Tensor2D, zones: Zones, f: ZoneMap, adjoint: Adjoint): tf.Tensor2D {
  return tf.customGrad((input, save) => {
    const [value, chosen] = f(input as tf.Tensor2D, zones);
    (save as tf.GradSaveFunc)([zones.positions, chosen]);
    const gradFunc = (dy: tf.Tensor, [positions, chosen]: tf.Tensor[]) =>
      tf.tidy(() => adjoint(dy as tf.Tensor2D, positions as tf.Tensor2D, chosen as tf.Tensor1D));
    return { value, gradFunc };
  })(x) as tf.Tensor2D;
}

const encodeByKernel: ZoneMap = (x, zones) => runKernel(EncodeZones, { x, ...zones });
const decodeByKernel: ZoneMap = (code, zones) => runKernel(DecodeZones, { code, ...zones });

const encodeByOps: ZoneMap = (x, { positions, means }) => {
  const deviations = tf.sub<tf.Tensor2D>(x, means);
  const chosen = chooseZones(deviations, positions);
  const first = tf.reshape(tf.div(tf.cast(chosen, 'float32'), positions.shape[0]), [-1, 1]) as tf.Tensor2D;
  return [tf.concat2d([first, pick(deviations, positions, chosen)], 1), chosen];
};

const decodeByOps: ZoneMap = (code, { positions, means }) => {
  const [count] = positions.shape;
  const index = tf.round(tf.mul(tf.slice(code, [0, 0], [-1, 1]), count));
  // NaN becomes 0, too: no backend agrees with another on what it is as an integer.
  const limited = tf.minimum(tf.where(tf.greater(index, 0), index, tf.zerosLike(index)), count - 1);
  const chosen = tf.reshape(tf.cast(limited, 'int32'), [-1]) as tf.Tensor1D;
  return [tf.add<tf.Tensor2D>(scatter(code, positions, chosen, means.size), means), chosen];
};

function chooseZones(x: tf.Tensor2D, positions: tf.Tensor2D): tf.Tensor1D {
  const [count, size] = positions.shape;
  const kept = tf.gather(padded(tf.square(x)), flatIndices(positions, x.shape[1]), 1);
  return tf.argMax(tf.sum(tf.reshape(kept, [-1, count, size]), 2), 1) as tf.Tensor1D;
}

/** `[R, C]` -> `[R, 1 + S]`, with 0 for the index. */
function gather(dy: tf.Tensor2D, positions: tf.Tensor2D, zones: tf.Tensor1D): tf.Tensor2D {
  if (hasKernels()) return runKernel(GatherZones, { dy, positions, zones });
  return tf.concat2d([tf.zeros([dy.shape[0], 1]), pick(dy, positions, zones)], 1);
}

/** `[R, 1 + S]` -> `[R, size]`, without the index. */
function scatter(dy: tf.Tensor2D, positions: tf.Tensor2D, zones: tf.Tensor1D, size: number): tf.Tensor2D {
  if (hasKernels()) return runKernel(ScatterZones, { dy, positions, zones }, { size });
  return pick(tf.slice(dy, [0, 1], [-1, dy.shape[1] - 1]), placesOf(positions, size), zones);
}

/** `[R, C]` -> `[R, S]`: the values of each row's zone. */
function pick(x: tf.Tensor2D, positions: tf.Tensor2D, zones: tf.Tensor1D): tf.Tensor2D {
  return tf.tidy(() => {
    const [rows, columns] = x.shape;
    const indices = tf.gather(indicesIn(positions, columns), zones);
    const starts = tf.reshape(tf.mul(tf.range(0, rows, 1, 'int32'), tf.scalar(columns + 1, 'int32')), [-1, 1]);
    const values: tf.Tensor = tf.reshape(padded(x), [-1]);
    return tf.gather(values, tf.add<tf.Tensor2D>(indices, starts)) as tf.Tensor2D;
  });
}

/** Inverts positions: `[Z, S]` -> `[Z, size]`, the place of each value among those of a zone, or -1. */
function placesOf(positions: tf.Tensor2D, size: number): tf.Tensor2D {
  return tf.tidy(() => {
    const [count, kept] = positions.shape;
    const zones = tf.tile(tf.reshape(tf.range(0, count, 1, 'int32'), [-1, 1]), [1, kept]);
    const places = tf.tile(tf.reshape(tf.range(1, kept + 1), [1, -1]), [count, 1]);
    // One column more takes the values that have no position.
    const table = tf.scatterND(tf.stack([zones, indicesIn(positions, size)], 2), places, [count, size + 1]);
    return tf.sub(tf.slice(table, [0, 0], [-1, size]), 1) as tf.Tensor2D;
  });
}

/** Appends a column of zeros. */
function padded(x: tf.Tensor2D): tf.Tensor2D {
  return tf.concat2d([x, tf.zeros([x.shape[0], 1])], 1);
}

/** Positions as int32; those out of range become `size`. */
function indicesIn(positions: tf.Tensor2D, size: number): tf.Tensor2D {
  const outside = tf.logicalOr(tf.less(positions, 0), tf.greater(positions, size));
  return tf.cast(tf.where(outside, tf.fill(positions.shape, size), positions), 'int32') as tf.Tensor2D;
}

function flatIndices(positions: tf.Tensor2D, size: number): tf.Tensor1D {
  return tf.reshape(indicesIn(positions, size), [-1]) as tf.Tensor1D;
}

/** Tells whether the active backend has kernels for zones; see contracts/zone-kernels.ts. */
function hasKernels(): boolean {
  return tf.getKernel(EncodeZones, tf.getBackend()) !== undefined;
}
