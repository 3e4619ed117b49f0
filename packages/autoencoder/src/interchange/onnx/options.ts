import { checkChoice, checkKeys, checkNumber } from '../../errors/errors';
import { type NetworkPart, networkParts } from '../network-plan';
import type { UnpoolingForm } from './conversion';

/** Options of `exportOnnx`. */
export interface OnnxOptions {
  /** The part to export: images to reconstructions, images to codes and masks, or codes and masks to images. Default 'network'. */
  readonly part?: NetworkPart;
  /**
   * `lowered`: max-unpooling with operators that every runtime has; the masks that the decoder takes are positions in windows, int32.
   * `operator`: the operators MaxPool and MaxUnpool; the masks are ONNX's indices, int64. Default 'lowered'.
   */
  readonly unpooling?: UnpoolingForm;
  /** Version of the operator set, 13 to 21. Default 17. */
  readonly opset?: number;
  /** Channel order of the input and output images. Default 'rgb', whatever order the network uses internally. */
  readonly channelOrder?: 'rgb' | 'bgr';
  /** Type of the images: 'float32', not rounded and not clamped, or 'uint8', both from 0 to 255. Default 'float32'. */
  readonly pixelType?: 'float32' | 'uint8';
  /** Whether to overwrite an existing file. Default false. */
  readonly overwrite?: boolean;
}

/** Options with all defaults filled in. */
export type ResolvedOnnxOptions = Required<Omit<OnnxOptions, 'overwrite'>>;

/** Fills in defaults. Throws INVALID_OPTION. */
export function checkOnnxOptions(options: OnnxOptions): ResolvedOnnxOptions {
  checkKeys('exportOnnx', options, ['part', 'unpooling', 'opset', 'channelOrder', 'pixelType', 'overwrite']);
  const { part = 'network', unpooling = 'lowered', opset = 17, channelOrder = 'rgb', pixelType = 'float32' } = options;
  checkChoice('part', part, networkParts);
  checkChoice('unpooling', unpooling, ['lowered', 'operator']);
  checkNumber('opset', opset, { min: 13, max: 21, integer: true });
  checkChoice('channelOrder', channelOrder, ['rgb', 'bgr']);
  checkChoice('pixelType', pixelType, ['float32', 'uint8']);
  return { part, unpooling, opset, channelOrder, pixelType };
}
