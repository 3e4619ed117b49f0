/** Which layers a network must consist of to take images of any size. */
import { BlockTransform2D, InverseBlockTransform2D } from '@ae/layers';
import type { LayersModel, layers } from '@tensorflow/tfjs-layers';
import { inputShapeOf, layersOf } from './graph-parts';

/** Layers that treat each position separately, as long as there are positions. */
const pointwise = ['Dense', 'ReLU', 'LeakyReLU', 'ELU', 'Activation', 'Dropout'];
/** Layers that mix the values of a code. */
const mixing = ['Dense', 'VariationalCode', 'ZonalCode', 'InverseZonalCode'];
/** Layers on codes, of which blocks have one each. */
const ofCodes = [...pointwise, ...mixing, 'Flatten', 'Reshape'];
/** Layers on images. */
const ofImages = [...pointwise, 'Conv2D', 'Conv2DTranspose', 'Add', 'ZeroPadding2D', 'Cropping2D'];

/** Returns the blocks of a network whose layers all take any size; undefined for others. */
export function blockLayersOf(
  encoder: LayersModel,
  decoder: LayersModel,
): { blockSize: readonly [number, number]; numbers: number } | undefined {
  if (encoder.outputs.length !== 1) return undefined;
  const [before, analysis, toCode] = parted(layersOf(encoder), BlockTransform2D);
  const [fromCode, synthesis, after] = parted(layersOf(decoder), InverseBlockTransform2D);
  if (!(analysis instanceof BlockTransform2D) || !(synthesis instanceof InverseBlockTransform2D)) return undefined;
  const isOf = (names: readonly string[]) => (layer: layers.Layer) => names.includes(layer.getClassName());
  const mixesBlocks = (layer: layers.Layer) =>
    mixing.includes(layer.getClassName()) && inputShapeOf(layer).length !== 3;
  if ([...toCode, ...fromCode].some(mixesBlocks)) return undefined;
  if (![...toCode, ...fromCode].every(isOf(ofCodes)) || ![...before, ...after].every(isOf(ofImages))) return undefined;
  if (![...before, ...after].every(takesAnySize)) return undefined;
  const { blockSize } = analysis;
  const [height, width] = (encoder.inputs[0].shape as number[]).slice(1, 3);
  if (String(inputShapeOf(analysis).slice(0, 2)) !== String([height, width])) return undefined;
  if (String(blockSize) !== String(synthesis.blockSize)) return undefined;
  const blocks = Math.ceil(height / blockSize[0]) * Math.ceil(width / blockSize[1]);
  const numbers = (encoder.outputs[0].shape.slice(1) as number[]).reduce((product, size) => product * size, 1) / blocks;
  return Number.isInteger(numbers) ? { blockSize, numbers } : undefined;
}

/** Returns the layers before the only one of a class, that layer, and those after it. */
function parted(
  list: readonly layers.Layer[],
  kind: abstract new (...args: never[]) => layers.Layer,
): [layers.Layer[], layers.Layer | undefined, layers.Layer[]] {
  const at = list.findIndex((layer) => layer instanceof kind);
  return [list.slice(0, Math.max(0, at)), list[at], list.slice(at + 1)];
}

interface WindowConfig {
  readonly kernelSize: number[];
  readonly strides: number[];
  readonly padding: unknown;
  readonly cropping: [[number, number], [number, number]];
  readonly dataFormat: string;
  readonly dilationRate?: number | number[] | null;
}

function configOf(layer: layers.Layer): WindowConfig {
  return layer.getConfig() as unknown as WindowConfig;
}

/** Tells whether a layer on images does the same at each position, wherever the edges of the image are. */
function takesAnySize(layer: layers.Layer): boolean {
  const { strides, padding, cropping, dataFormat, dilationRate } = configOf(layer);
  if (dataFormat === 'channelsFirst') return false;
  const beginsAtZero = (sides: unknown) => [sides].flat().every((side) => [side].flat()[0] === 0);
  switch (layer.getClassName()) {
    case 'ZeroPadding2D':
      return beginsAtZero(padding);
    case 'Cropping2D':
      return beginsAtZero(cropping);
    case 'Conv2DTranspose':
      return padding === 'same';
    case 'Conv2D': {
      // If the size is not a multiple of the stride, the padding before the image differs.
      const fits = strides.every((stride, i) => isWhole(inputShapeOf(layer)[i] % stride));
      return padding === 'same' && fits && [dilationRate ?? 1].flat().every((rate) => rate === 1);
    }
    default:
      return inputShapeOf(layer).length === 3;
  }
}

export function isWhole(rest: number): boolean {
  return rest === 0;
}

/**
 * Maximum distance in pixels over which a result of a model's convolutions depends on its input; and `align`, a multiple of which tiles
 * must start at, so that strides are where they are in the whole image.
 */
export function reachOf(model: LayersModel): { reach: number; align: number } {
  let [reach, stride, align] = [0, 1, 1];
  for (const layer of layersOf(model)) {
    const name = layer.getClassName();
    if (name !== 'Conv2D' && name !== 'Conv2DTranspose') continue;
    const { kernelSize, strides } = configOf(layer);
    const [kernel, step] = [Math.max(...kernelSize), Math.max(...strides)];
    if (name === 'Conv2DTranspose') stride /= step;
    reach += (kernel - 1) * stride;
    if (name === 'Conv2D') {
      stride *= step;
      align *= step;
    }
  }
  return { reach: Math.ceil(reach), align };
}
