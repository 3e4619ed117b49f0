/** How files of Torch7 store numbers. */
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

/** Size of a long, which differs between machines. */
export type LongBytes = 4 | 8;

/** 'torch.FloatTensor', 'torch.CudaDoubleStorage'; Cuda without a type is float. */
export const numberClass = /^torch\.(Cuda)?(Byte|Char|Short|Int|Long|Float|Double|Half)?(Tensor|Storage)$/;
