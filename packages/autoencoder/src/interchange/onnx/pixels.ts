/** Conversion between images outside and inside a network, as operators. */
import { isColored, type PixelFormat } from '../../data/pixels';
import type { OnnxGraph } from './onnx-graph';
import { elementTypes } from './protobuf';

/** The form of images outside a network. */
export interface OuterImages {
  readonly channels: number;
  readonly channelOrder: 'rgb' | 'bgr';
  readonly pixelType: 'float32' | 'uint8';
}

/** Converts images from 0 to 255 to what a network sees. */
export function enterNetwork(graph: OnnxGraph, images: string, pixels: PixelFormat, outer: OuterImages): string {
  graph.scope = 'pixels';
  const numbers = outer.pixelType === 'uint8' ? graph.add('Cast', [images], { to: elementTypes.float32 }) : images;
  const scaled = pixels.scale === 1 ? numbers : graph.add('Mul', [numbers, graph.number(pixels.scale)]);
  return reordered(graph, scaled, pixels, outer);
}

/** Converts a network's output to images as they are outside. */
export function leaveNetwork(graph: OnnxGraph, values: string, pixels: PixelFormat, outer: OuterImages): string {
  graph.scope = 'pixels';
  const ordered = reordered(graph, values, pixels, outer);
  const numbers = pixels.scale === 1 ? ordered : graph.add('Mul', [ordered, graph.number(1 / pixels.scale)]);
  if (outer.pixelType === 'float32') return numbers;
  const inRange = graph.add('Clip', [graph.add('Round', [numbers]), graph.number(0), graph.number(255)]);
  return graph.add('Cast', [inRange], { to: elementTypes.uint8 });
}

/** Swaps red and blue; alpha stays. */
function reordered(
  graph: OnnxGraph,
  value: string,
  pixels: PixelFormat,
  { channels, channelOrder }: OuterImages,
): string {
  if (!isColored(channels) || pixels.channelOrder === channelOrder) return value;
  return graph.add('Gather', [value, graph.list([2, 1, 0, 3].slice(0, channels))], { axis: 1 });
}
