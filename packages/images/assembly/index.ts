/**
 * All kernels, as one WebAssembly module: AssemblyScript, compiled when the package is built.
 *
 * They share the imported memory, whose first bytes are the JPEG decoder's.
 */
export { bilinear } from './bilinear';
export {
  decode,
  decodeAlongRows,
  decodeBilinear,
  decodeFloats,
  imageHeight,
  imageWidth,
  mayBeTurned,
  open,
  reservedBytes,
  spareBytes,
  start,
  workBytes,
} from './jpeg/index';
export { interleaveF32, interleaveU8, planeF32 } from './pack';
export { alongColumns, alongRows, halve, planarBgr, planesOfPixels } from './pixels';
