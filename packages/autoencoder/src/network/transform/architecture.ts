import {
  blockTransform2d,
  conv2d,
  conv2dTranspose,
  flatten,
  inverseBlockTransform2d,
  inverseZonalCode,
  type Residual,
  relu,
  reshape,
  residual,
  type Sequential,
  zonalCode,
} from '@ae/layers';
import { layers } from '@tensorflow/tfjs-layers';
import type { ImageShape } from '../../data/samples';
import { VariationalCode } from '../variational-code';
import { planBlocks, type TransformOptions } from './block-plan';

/** Names of the layers that the linear start gives their weights. */
export const transformNames = {
  analysis: 'analysis',
  toCode: 'to_code',
  zones: 'zones',
  distribution: 'distribution',
  fromZones: 'from_zones',
  fromCode: 'from_code',
  synthesis: 'synthesis',
  branches: ['before', 'after'],
} as const;

/**
 * A transform code with nonlinear residual branches before and after it, without pooling and masks.
 *
 * The middle is nearly linear: cosine transforms map blocks of the image to coefficients, a matrix maps those to the values that the code
 * can hold, of which it keeps some, depending on the block (zones.ts), and their transposes map the code back. Training leaves these weights
 * alone, because their optimum is known in closed form (linear-start.ts). The branches start at zero, so that training starts at that
 * optimum: one prepares the image, the other restores what the code lost. The variational form has a standard deviation for each number of
 * the code, and no zones.
 */
export function addTransform(net: Sequential, options: TransformOptions): void {
  const shape = net.outputShape as unknown as ImageShape;
  const { blockSize, grid, coefficients, numbers, zones, kept } = planBlocks(shape, options);
  net.add(branch('before', shape, { stride: 2, filters: 16 }));
  net.add(blockTransform2d({ blockSize, coefficients, name: transformNames.analysis }));
  net.add(matrix(kept, transformNames.toCode));
  if (zones > 1) net.add(zonalCode({ zones, numbers, name: transformNames.zones }));
  if (options.variational)
    net.add(new VariationalCode({ units: numbers, mapped: false, name: transformNames.distribution }));
  net.add(flatten({ name: 'code' }));
  net.add(reshape({ targetShape: [...grid, numbers], name: 'blocks' }));
  if (zones > 1) net.add(inverseZonalCode({ zones, values: kept, name: transformNames.fromZones }));
  net.add(matrix(coefficients, transformNames.fromCode));
  net.add(inverseBlockTransform2d({ blockSize, outputShape: [...shape], name: transformNames.synthesis }));
  net.add(branch('after', shape, restoring(numbers * grid[0] * grid[1], shape)));
}

/** A matrix for the coefficients or the code of each block, `[..., F]` -> `[..., units]`, which is not trained. */
function matrix(units: number, name: string): ReturnType<typeof layers.dense> {
  const layer = layers.dense({ units, name, trainable: false, kernelInitializer: 'zeros' });
  // Sequential would take a dense layer on images for a missing flatten(), unless the layer says that it is intended.
  layer.inputSpec = [{ ndim: 4 }];
  return layer;
}

interface Branch {
  /** Distance in pixels between positions of the branch's features. */
  readonly stride: number;
  readonly filters: number;
}

/**
 * The branch that restores what a code lost: if much is lost, what remains is smooth, and a wider view at a quarter of the size is better
 * than a narrower one at half of it. Both cost the same.
 */
function restoring(codeSize: number, [height, width, channels]: ImageShape): Branch {
  return codeSize >= (height * width * channels) / 10 ? { stride: 2, filters: 48 } : { stride: 4, filters: 96 };
}

/** Convolutions on features of a fraction of the image's size, which initially add nothing. */
function branch(name: string, [height, width, channels]: ImageShape, { stride, filters }: Branch): Residual {
  const inner = { filters, padding: 'same' } as const;
  const outer = { kernelSize: 2 * stride, strides: stride, padding: 'same' } as const;
  const tooMuch = [height, width].map((size) => Math.ceil(size / stride) * stride - size) as [number, number];
  const list = [
    conv2d({ ...inner, ...outer, name: `${name}_down` }),
    relu({ name: `${name}_relu1` }),
    conv2d({ ...inner, kernelSize: 3, name: `${name}_conv` }),
    relu({ name: `${name}_relu2` }),
    conv2dTranspose({ ...outer, filters: channels, kernelInitializer: 'zeros', name: `${name}_up` }),
  ];
  if (tooMuch.every((pixels) => pixels === 0)) return residual(list, { name: `${name}_sum` });
  // To whole strides, so that features cover the same pixels whatever the size of the image.
  const sides = tooMuch.map((pixels) => [0, pixels]) as [[number, number], [number, number]];
  const pad = layers.zeroPadding2d({ padding: sides, name: `${name}_pad` });
  const crop = layers.cropping2D({ cropping: sides, name: `${name}_crop` });
  return residual([pad, ...list, crop], { name: `${name}_sum` });
}
