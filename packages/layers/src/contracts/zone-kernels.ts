/**
 * Names of the kernels for zonal codes, which a backend may register: all or none. Without them, ops/zones.ts does the same with ordinary ops
 * of TensorFlow.js.
 *
 * `positions` is float32 `[Z, S]`: the positions of the S values of each of Z zones, whole numbers; those of a zone are different from each
 * other, and those out of range stand for values of 0. A code is `[R, 1 + S]`: the index of a zone divided by Z, and the zone's values.
 */

/**
 * `{x, positions, means}`: float32 `[R, C]` and `[C]` -> `[code, zones]`: the deviations from the means in the zone where the sum of their
 * squares is largest, the first of equal ones; and the zones, int32 `[R]`.
 */
export const EncodeZones = 'EncodeZones';

/** `{code, positions, means}` -> `[x, zones]`: means, plus the values of the code in their places. The nearest zone counts; NaN is zone 0. */
export const DecodeZones = 'DecodeZones';

/** `{dy, positions, zones}`: the adjoint of decoding for given zones, float32 `[R, C]` -> `[R, 1 + S]` with 0 for the index. */
export const GatherZones = 'GatherZones';

/** `{dy, positions, zones}`: the adjoint of encoding for given zones, float32 `[R, 1 + S]` -> `[R, size]`. */
export const ScatterZones = 'ScatterZones';

/** Attributes of {@link ScatterZones}. */
export interface ScatterZonesAttrs {
  size: number;
}
