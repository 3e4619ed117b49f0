/**
 * Names of the kernels for zonal codes, which a backend may register: all or none. Without them, ops/zones.ts does the same with ordinary ops
 * of TensorFlow.js.
 *
 * `positions` is float32 `[Z, S]`: the positions of the S values of each of Z zones, whole numbers; those of a zone are different from each
 * other, and those out of range stand for values of 0.
 */

/** `{x, positions}`: float32 `[R, C]` -> int32 `[R]`: the zone whose values have the largest sum of squares; the first of equal ones. */
export const ChooseZones = 'ChooseZones';

/** `{x, positions, zones}`: float32 `[R, C]` -> `[R, S]`: the values of each row's zone. */
export const GatherZones = 'GatherZones';

/** `{x, positions, zones}`: float32 `[R, S]` -> `[R, size]`: the values of each row's zone in their places, and zeros elsewhere. */
export const ScatterZones = 'ScatterZones';

/** Attributes of {@link ScatterZones}. */
export interface ScatterZonesAttrs {
  size: number;
}
