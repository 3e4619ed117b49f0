/** `--config`: a run to repeat, by its config.json; flags given in addition take precedence. */
import fs from 'node:fs';
import path from 'node:path';
import type { RunConfig } from '@ae/autoencoder/runs';
import { Option } from 'commander';
import { parseFraction } from '../data/image-split';
import { flagIn } from '../data/run-images';
import { ownNetwork, placeOf } from '../network/find-model';
import { CliError } from '../shell/cli-error';
import { quote } from '../shell/command-line';
import { parseSize } from '../shell/options';
import type { TrainingFlags } from './begin-or-resume';
import type { TrainReadFlags } from './training-data';

export function configOption(): Option {
  return new Option(
    '--config <config.json>',
    'repeat the run that this file belongs to, with the changes that other flags make',
  );
}

type Flags = TrainReadFlags & Partial<TrainingFlags>;

/** A run to repeat. */
export interface Repetition {
  readonly config: RunConfig;
  /** The images to train on. */
  readonly input: string;
  /** The flags that were given, and those of the run that its options do not contain. */
  readonly flags: Flags;
  /** The latter as they are typed: they become part of the new run's command. */
  readonly typed: readonly string[];
}

/** Reads the run that `place`, its folder or config.json, belongs to; `input` names images to use instead of its own. */
export async function readRepetition(place: string, input: string | undefined, given: Flags): Promise<Repetition> {
  const file = fs.statSync(place, { throwIfNoEntry: false })?.isDirectory() ? path.join(place, 'config.json') : place;
  const { readConfigFile, startFolder } = await import('@ae/autoencoder/runs');
  const config = await readConfigFile(file);
  if (config.from === undefined && given.from === undefined && !config.network?.preset) {
    throw ownNetwork(file, `start from its weights: --from ${quote(path.dirname(file))}`);
  }
  const told = toldTo(config).filter(({ key }) => given[key] === undefined);
  const advice = (images: string) => `ae train ${images}--config ${quote(place)}`;
  const validation = () => placeOf(config.data.validation, file, `${advice('')} --val <images>`);
  const val = given.val ?? told.find(({ key }) => key === 'val')?.value ?? (await validation());
  const start = path.join(path.dirname(file), startFolder);
  const flags = {
    ...given,
    ...Object.fromEntries(told.map(({ key, value }) => [key, value])),
    val,
    from: given.from ?? (config.from === undefined ? undefined : start),
  } as Flags;
  const images = input ?? (await placeOf(config.data.train, file, advice('<images> ')));
  if (images === undefined) {
    throw new CliError(
      'INVALID_OPTION',
      `${file} does not say which images to train on; name them: ${advice('<images> ')}.`,
    );
  }
  return { config, input: images, flags, typed: told.flatMap(({ typed }) => typed) };
}

interface Told {
  readonly key: keyof Flags;
  readonly value: unknown;
  readonly typed: readonly string[];
}

/** Lists what only the command of a run says: how it read and imported its images, and which part it held out. */
function toldTo(config: RunConfig): Told[] {
  const readers: readonly (readonly [flag: string, key: keyof Flags, read?: (text: string) => unknown])[] = [
    ['database', 'database'],
    ['val-database', 'valDatabase'],
    ['schema', 'schema'],
    ['val', 'val', (text) => (parseFraction(text) === undefined ? undefined : text)],
    ['resize', 'resize', (text) => parseSize('--resize', text)],
    ['fit', 'fit'],
    ['resampler', 'resampler'],
  ];
  const told = readers.flatMap(([flag, key, read = (text) => text]): Told[] => {
    const text = flagIn(config, flag);
    const value = text === undefined ? undefined : read(text);
    return text === undefined || value === undefined ? [] : [{ key, value, typed: [`--${flag}`, text] }];
  });
  const isLenient = / --lenient( |$)/.test(config.command ?? '');
  return isLenient ? [...told, { key: 'lenient', value: true, typed: ['--lenient'] }] : told;
}
