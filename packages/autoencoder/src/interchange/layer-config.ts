import type { layers } from '@tensorflow/tfjs-layers';
import { AutoencoderError } from '../errors/errors';

/** The configuration fields that are used. */
export interface LayerConfig {
  readonly activation?: string;
  readonly alpha?: number;
  readonly axis?: number;
  readonly blockSize: readonly [number, number];
  readonly cropping: readonly [readonly [number, number], readonly [number, number]];
  readonly dataFormat?: string;
  readonly dims: readonly number[];
  readonly dilationRate?: number | readonly number[];
  readonly epsilon?: number;
  readonly interpolation?: string;
  readonly kernelSize: readonly number[];
  readonly maxValue?: number;
  readonly momentum?: number;
  readonly padding: 'valid' | 'same' | readonly [readonly [number, number], readonly [number, number]];
  readonly poolSize: readonly number[];
  readonly rate: number;
  readonly size: readonly number[];
  readonly stddev: number;
  readonly strides: readonly number[];
  readonly theta?: number;
}

/** Makes the error for a layer without an equivalent in the other runtime. */
export function unsupported({ layer }: { readonly layer: layers.Layer }, what: string, todo: string): AutoencoderError {
  return new AutoencoderError('INVALID_OPTION', {
    where: `layer "${layer.name}"`,
    state: `layer "${layer.name}" (${layer.getClassName()}) ${what}`,
    todo,
  });
}

/** Refuses a layer with channels first: images here have them last. */
export function checkLayout(conversion: { readonly layer: layers.Layer; readonly config: LayerConfig }): void {
  if (conversion.config.dataFormat !== 'channelsFirst') return;
  throw unsupported(conversion, 'has channels before height and width', "choose dataFormat 'channelsLast'");
}
