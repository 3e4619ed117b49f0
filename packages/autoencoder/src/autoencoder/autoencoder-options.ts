import type { Residual } from '@ae/layers';
import type { layers } from '@tensorflow/tfjs-layers';
import type { ImageInputs } from '../data/images';
import type { PixelFormat } from '../data/pixels';
import type { ImageShape } from '../data/samples';
import { AutoencoderError, checkKeys, checkNumber, invalidOption } from '../errors/errors';
import { checkOption } from '../errors/option-kinds';
import type { MaskMode } from '../network/masks';
import { type InitializationScheme, networkOptions, type PresetName } from '../network/options';
import type { RecipeName } from '../training/recipes';

/** The network of an `Autoencoder`: a preset, or a list of layers. */
export interface AutoencoderOptions {
  /** Name of the architecture. Default 'mirror'. */
  readonly preset?: PresetName;
  /**
   * Or the layers themselves, from input to output, including branches made by `residual`; the layer named 'code' ends the encoder. A list
   * with the layer names of preset transform also gets its initial weights: see the README.
   */
  readonly layers?: readonly (layers.Layer | Residual)[];
  /** Size of the images, `[height, width, channels]`. Default [64, 64, 3]. */
  readonly inputShape?: ImageShape;
  /**
   * Number of values in the code of a preset. Default 1568 for 64x64 images, and a number limited by memory for others. Preset transform
   * has the same number of values for each block of an image, so its code gets the closest possible size, which the Autoencoder's
   * `codeSize` returns; by default it is an eighth of the number of values in an image.
   */
  readonly codeSize?: number;
  /**
   * Number of cosine coefficients per block that the code of preset transform can represent; all others are dropped. Default 1536, or 768
   * more than the number of values per block. A few drawings with much in common benefit from more: see `coefficientsFor`.
   */
  readonly coefficients?: number;
  /**
   * Number of zones of preset transform, from 1 to 256: sets of coefficients, of which each block uses the one that keeps most of it. The
   * first number of its code is then the index of the zone, divided by the number of zones. Default 16, or 1 (no zones) for variational
   * networks and for codes of fewer than 32 numbers per block or more than half of its values.
   */
  readonly zones?: number;
  /** Make a preset's code a Gaussian for each image, which training draws from and `sample` can, too. Default false. */
  readonly variational?: boolean;
  readonly pixels?: Partial<PixelFormat>;
}

/** How the initial weights are chosen. */
export interface InitializeOptions {
  /** Seed of the random weights. Default 0. */
  readonly seed?: number;
  /** Default: that of the recipe. */
  readonly scheme?: InitializationScheme;
  /** The recipe whose initial weights to use. Default: the one that suits the preset, as in `train`. */
  readonly recipe?: RecipeName;
  /** false leaves the weights at 0, for weights that will be loaded from elsewhere. Default true. */
  readonly draw?: boolean;
}

/** How `reconstruct` makes images. */
export interface ReconstructOptions extends ImageInputs {
  /** The masks that the decoder gets. Default 'own', or 'fixed' for a variational network. */
  readonly masks?: MaskMode;
}

/** Options that do not apply to a list of layers. */
const ofPresets = ['preset', 'codeSize', 'coefficients', 'zones', 'variational'] as const;

/** Throws INVALID_OPTION for options that do not describe a network. */
export function checkAutoencoderOptions(options: AutoencoderOptions): void {
  checkKeys('new Autoencoder', options, [...ofPresets, 'layers', 'inputShape', 'pixels']);
  const { preset, layers, inputShape = [64, 64, 3], codeSize } = options;
  checkOption('preset', networkOptions.preset, preset);
  if (layers !== undefined && !Array.isArray(layers)) throw invalidOption('layers', 'a list of layers', layers);
  if (layers && ofPresets.some((name) => options[name] !== undefined && options[name] !== false)) {
    throw new AutoencoderError(
      'INVALID_OPTION',
      'layers: a list of layers cannot be combined with preset, codeSize, coefficients, zones or variational.',
      { where: 'layers' },
    );
  }
  for (const where of ['coefficients', 'zones'] as const) {
    if (options[where] === undefined || preset === 'transform') continue;
    const message = `${where}: only preset transform uses ${where}; leave it out, or choose that preset.`;
    throw new AutoencoderError('INVALID_OPTION', message, { where });
  }
  if (!Array.isArray(inputShape) || inputShape.length !== 3) {
    throw invalidOption('inputShape', '[height, width, channels]', inputShape);
  }
  for (const size of inputShape) checkNumber('inputShape', size, { min: 1, integer: true });
  checkOption('codeSize', networkOptions.codeSize, codeSize);
  checkOption('coefficients', networkOptions.coefficients, options.coefficients);
  checkOption('zones', networkOptions.zones, options.zones);
}
