/** How numbers are stored in files of Torch7. */
import { halfToNumber } from '../half-floats';
import type { T7NumberType } from './t7-values';

export const numberTypes: Readonly<Record<string, T7NumberType>> = {
  Byte: { bytes: 1, read: (view, at) => view.getUint8(at) },
  Char: { bytes: 1, read: (view, at) => view.getInt8(at) },
  Short: { bytes: 2, read: (view, at) => view.getInt16(at, true) },
  Int: { bytes: 4, read: (view, at) => view.getInt32(at, true) },
  Half: { bytes: 2, read: (view, at) => halfToNumber(view.getUint16(at, true)) },
  Float: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  Double: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
};

export const longTypes: Readonly<Record<LongBytes, T7NumberType>> = {
  4: numberTypes.Int,
  8: { bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
};

/** Bytes of a long, which differ from machine to machine. */
export type LongBytes = 4 | 8;

/** 'torch.FloatTensor', 'torch.CudaDoubleStorage'; what is of Cuda and says no more is float. */
export const numberClass = /^torch\.(Cuda)?(Byte|Char|Short|Int|Long|Float|Double|Half)?(Tensor|Storage)$/;
