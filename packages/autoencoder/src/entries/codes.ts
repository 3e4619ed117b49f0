/** Codes of images: their neighbors, projections and files. */
export type { Codes, EncodeOptions } from '../codes/codes';
export type { InterpolateOptions, InterpolationMasks } from '../codes/interpolate';
export { type Neighbor, type NeighborOptions, nearestNeighbors } from '../codes/neighbors';
export { encodeNpy, encodeTextNpy } from '../codes/npy';
export { type Projection, type ProjectOptions, projectCodes } from '../codes/project';
export { readCodesParquet } from '../codes/read-codes';
export type { SampleImagesOptions } from '../codes/sample';
export { type CodeStream, type NpyOptions, writeCodesNpy, writeCodesParquet } from '../codes/write-codes';
export { codeBytes, type QuantizeOptions, quantizeCodes } from '../network/quantize';
