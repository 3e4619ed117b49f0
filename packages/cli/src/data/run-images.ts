/** How a run reads its images, for commands that read them again. */
import type { RunConfig } from '@ae/autoencoder/runs';
import { type ImageSize, parseSize } from '../shell/options';
import type { FitFlags, ImportFlags } from './fit-option';
import { parseFraction, type SplitWish } from './image-split';
import type { ImportWish } from './imported-images';

export const usualSize: ImageSize = { height: 64, width: 64 };

/** Completes what is said of an import, so that the same is said in the same words. */
export function importWish({ size, gray = false, encoded = false, fit, resampler }: ImportWish): ImportWish {
  return { ...(size && { size }), gray, encoded, fit: fit ?? 'squash', resampler: resampler ?? 'antialiased' };
}

/**
 * Says how images are imported for a network: as its run imported its own unless flags say otherwise. Their size is the network's, or for
 * one that takes any size their own, unless `resize` says which.
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

/** Says how a run imported its images. */
export function wishOfRun(config: RunConfig): ImportWish {
  const { inputShape, options } = config;
  const [height, width, channels] = inputShape;
  const resize = flagIn(config, 'resize');
  const size =
    resize === undefined ? (options.augmentation.crop ? undefined : { height, width }) : parseSize('--resize', resize);
  return importWish({ size, gray: channels === 1, ...fitOf(config) });
}

/** Says which part of its images a run kept to validate; undefined where those are others. */
export function splitOfRun(config: RunConfig): SplitWish | undefined {
  const fraction = parseFraction(flagIn(config, 'val') ?? '');
  return fraction === undefined ? undefined : { fraction, seed: config.seed };
}

function fitOf(config: RunConfig): FitFlags {
  return { fit: flagIn(config, 'fit'), resampler: flagIn(config, 'resampler') } as FitFlags;
}

/** Returns what the command of a run gave for a flag. */
export function flagIn({ command = '' }: RunConfig, flag: string): string | undefined {
  return new RegExp(` --${flag}[ =]([\\w.:%-]+)( |$)`).exec(command)?.[1];
}
