/** How a run reads its images, for commands that read them again. */
import type { RunConfig } from '@ae/autoencoder/runs';
import { type ImageSize, parseSize } from '../shell/options';
import type { FitFlags, ImportFlags } from './fit-option';
import { parseFraction, type SplitWish } from './image-split';
import type { ImportWish } from './imported-images';

export const usualSize: ImageSize = { height: 64, width: 64 };

/** Fills in the import options, so that equal options are described in the same way. */
export function importWish({ size, gray = false, encoded = false, fit, resampler }: ImportWish): ImportWish {
  return { ...(size && { size }), gray, encoded, fit: fit ?? 'squash', resampler: resampler ?? 'antialiased' };
}

/**
 * Says how images are imported for a network: as its run imported its own, unless flags say otherwise. Their size is the network's; for a
 * network that takes any size, it is their own unless `resize` says otherwise.
 */
export function wishForNetwork(
  { inputShape: [height, width, channels], takesAnySize }: { inputShape: readonly number[]; takesAnySize: boolean },
  flags: Pick<ImportFlags, 'fit' | 'resampler' | 'resize'>,
  config?: RunConfig,
): ImportWish {
  const before = config ? fitOf(config) : {};
  return importWish({
    size: flags.resize ?? (takesAnySize ? undefined : { height, width }),
    gray: channels === 1,
    fit: flags.fit ?? before.fit,
    resampler: flags.resampler ?? before.resampler,
  });
}

/** Returns how a run imported its images. */
export function wishOfRun(config: RunConfig): ImportWish {
  const { inputShape, options } = config;
  const [height, width, channels] = inputShape;
  const resize = flagIn(config, 'resize');
  const size =
    resize === undefined ? (options.augmentation.crop ? undefined : { height, width }) : parseSize('--resize', resize);
  return importWish({ size, gray: channels === 1, ...fitOf(config) });
}

/** Returns which part of its images a run held out for validation; undefined if it was validated on other images. */
export function splitOfRun(config: RunConfig): SplitWish | undefined {
  const fraction = parseFraction(flagIn(config, 'val') ?? '');
  return fraction === undefined ? undefined : { fraction, seed: config.seed };
}

function fitOf(config: RunConfig): FitFlags {
  return { fit: flagIn(config, 'fit'), resampler: flagIn(config, 'resampler') } as FitFlags;
}

/** Returns the value that a run's command line gave for a flag. */
export function flagIn({ command = '' }: RunConfig, flag: string): string | undefined {
  return new RegExp(` --${flag}[ =]([\\w.:%-]+)( |$)`).exec(command)?.[1];
}
