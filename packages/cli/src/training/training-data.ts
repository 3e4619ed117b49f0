import { assertShape } from '../data/image-sizes';
import type { Split, SplitWish } from '../data/image-split';
import { kindOfInput } from '../data/input-kind';
import { printLeftOut } from '../data/left-out';
import { openSamples } from '../data/open-samples';
import type { SampleDatabase } from '../data/sample-database';
import { lookingAt, type ReadFlags } from '../network/load-network';
import { formatCount, formatNumberOf, type Terminal } from '../shell/terminal';
import type { TrainingSettings } from './training-settings';

/** The images of a training run. */
export interface TrainingData {
  readonly samples: SampleDatabase;
  readonly validation?: SampleDatabase;
}

export type TrainReadFlags = ReadFlags & { readonly valDatabase?: string };

/** Returns how the data is read: as the flags say, or else as the resumed run read it. */
export function readFlagsOf(
  { database, valDatabase, schema, lenient }: TrainReadFlags,
  { network }: TrainingSettings,
): TrainReadFlags {
  if (!('run' in network)) return { database, valDatabase, schema, lenient };
  const { command = '' } = network.run.config;
  const before = (flag: string) => new RegExp(` --${flag}[ =]([\\w.:-]+)( |$)`).exec(command)?.[1];
  return {
    database: database ?? before('database'),
    valDatabase: valDatabase ?? before('val-database'),
    schema: schema ?? before('schema'),
    lenient: lenient ?? / --lenient( |$)/.test(command),
  };
}

/** Opens the training and validation images, and prints notes about them. */
export async function openTrainingData(
  { trainPath, validationPath: named, split, wish, crop }: TrainingSettings,
  { database, valDatabase = database, schema, lenient }: TrainReadFlags,
  terminal: Terminal,
): Promise<TrainingData> {
  const options = { lenient, schema, crop, images: { wish, terminal }, onProgress: lookingAt(terminal, lenient) };
  const partOf = (side: 'train' | 'validation') => (split ? { part: { split, side } } : {});
  const samples = await openSamples(trainPath, { ...options, database, ...partOf('train') });
  const validationPath = split ? trainPath : named;
  const validation =
    validationPath === undefined
      ? undefined
      : await openSamples(validationPath, {
          ...{ ...options, database: split ? database : valDatabase, ...partOf('validation') },
          // Already reported for the training images.
          ...(split && { images: { wish, terminal, isSaid: true } }),
        });
  if (split && samples.split) terminal.warn(describeSplit(trainPath, samples.split, split));
  else if (!validation && kindOfInput(trainPath) === 'images')
    terminal.warn(
      'no validation images; add --val 0.1 to hold out a tenth of the images, which the report then scores.',
    );
  terminal.status('');
  for (const { note } of validation ? [samples, validation] : [samples]) if (note) terminal.warn(note);
  if (validation && !crop) assertShape(validation, samples.shape, `training on ${trainPath}`);
  if (validation && validation.shape[2] !== samples.shape[2]) {
    assertShape(validation, [...validation.shape.slice(0, 2), samples.shape[2]], `training on ${trainPath}`);
  }
  return { samples, validation };
}

function describeSplit(place: string, { train, validation, classes, groups }: Split, { seed }: SplitWish): string {
  const total = train.length + validation.length;
  const kept = [
    classes > 1 && `${formatCount(classes)} classes in proportion`,
    groups > 0 && `${formatNumberOf(groups, 'group')} of images with similar names, each kept together`,
  ].filter(Boolean);
  const how = kept.length > 0 ? ` (${kept.join('; ')})` : '';
  return `${place}: ${formatCount(validation.length)} of ${formatNumberOf(total, 'image')} are held out for validation, with seed ${seed}${how}.`;
}

/** Lists the images that were skipped. */
export function tellLeftOut({ samples, validation }: TrainingData, terminal: Terminal): void {
  const [train, val] = [samples.leftOut, validation?.leftOut ?? []];
  if (train.length + val.length === 0) return;
  terminal.event({ event: 'leftOut', leftOut: train, validationLeftOut: val });
  printLeftOut([samples, validation], terminal);
}
