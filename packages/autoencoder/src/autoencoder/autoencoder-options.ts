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

/** The network of an `Autoencoder`: a preset, or layers of your own. */
export interface AutoencoderOptions {
  /** An architecture by name. Default 'mirror'. */
  readonly preset?: PresetName;
  /**
   * Or the layers themselves, input to output, branches made by `residual` among them; the one named 'code' ends the encoder. With layers named
   * as those of preset transform, a list has its start, too: see the README.
   */
  readonly layers?: readonly (layers.Layer | Residual)[];
  /** `[height, width, channels]` of the images. Default [64, 64, 3]. */
  readonly inputShape?: ImageShape;
  /**
   * How many numbers the code of a preset has. Default 1568 for 64x64 images, and for any as many as memory allows. Preset transform has as many
   * for each block of an image, so its code has the nearest possible number, which `codeSize` of the Autoencoder says; by default an eighth of
   * the values of an image.
   */
  readonly codeSize?: number;
  /**
   * How many cosine coefficients of a block the code of preset transform can hold: of what all others say of an image nothing is kept. Default
   * 1536, or 768 more than a block has numbers. Few drawings with much in common gain by more: `coefficientsFor` tells how many.
   */
  readonly coefficients?: number;
  /** Make a preset's code a Gaussian for each image, which training draws from and `sample` can. Default false. */
  readonly variational?: boolean;
  readonly pixels?: Partial<PixelFormat>;
}

/** How the first weights are chosen. */
export interface InitializeOptions {
  /** Default 0. */
  readonly seed?: number;
  /** Default: the recipe's. */
  readonly scheme?: InitializationScheme;
  /** Whose first weights to draw. Default: the recipe that suits the preset, as in `train`. */
  readonly recipe?: RecipeName;
  /** false leaves the weights at 0, for those that are to come from elsewhere. Default true. */
  readonly draw?: boolean;
}

/** How `reconstruct` makes images. */
export interface ReconstructOptions extends ImageInputs {
  /** Whose masks the decoder gets. Default 'own', and 'fixed' of a variational network. */
  readonly masks?: MaskMode;
}

/** Options that a list of layers has no use for. */
const ofPresets = ['preset', 'codeSize', 'coefficients', 'variational'] as const;

/** Throws INVALID_OPTION for options that make no network. */
export function checkAutoencoderOptions(options: AutoencoderOptions): void {
  checkKeys('new Autoencoder', options, [...ofPresets, 'layers', 'inputShape', 'pixels']);
  const { preset, layers, inputShape = [64, 64, 3], codeSize, coefficients } = options;
  checkOption('preset', networkOptions.preset, preset);
  if (layers !== undefined && !Array.isArray(layers)) throw invalidOption('layers', 'a list of layers', layers);
  if (layers && ofPresets.some((name) => options[name] !== undefined && options[name] !== false)) {
    throw new AutoencoderError(
      'INVALID_OPTION',
      'layers: a list of layers cannot be combined with preset, codeSize, coefficients or variational.',
      { where: 'layers' },
    );
  }
  if (coefficients !== undefined && preset !== 'transform') {
    throw new AutoencoderError(
      'INVALID_OPTION',
      'coefficients: only preset transform uses coefficients; leave it out, or choose that preset.',
      { where: 'coefficients' },
    );
  }
  if (!Array.isArray(inputShape) || inputShape.length !== 3) {
    throw invalidOption('inputShape', '[height, width, channels]', inputShape);
  }
  for (const size of inputShape) checkNumber('inputShape', size, { min: 1, integer: true });
  checkOption('codeSize', networkOptions.codeSize, codeSize);
  checkOption('coefficients', networkOptions.coefficients, coefficients);
}
