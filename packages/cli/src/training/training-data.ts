import { assertShape } from '../data/image-sizes';
import type { Split, SplitWish } from '../data/image-split';
import { kindOfInput } from '../data/input-kind';
import { printLeftOut } from '../data/left-out';
import { openSamples } from '../data/open-samples';
import type { SampleDatabase } from '../data/sample-database';
import { lookingAt, type ReadFlags } from '../network/load-network';
import { formatCount, formatNumberOf, type Terminal } from '../shell/terminal';
import type { TrainingSettings } from './training-settings';

/** The images of a training. */
export interface TrainingData {
  readonly samples: SampleDatabase;
  readonly validation?: SampleDatabase;
}

export type TrainReadFlags = ReadFlags & { readonly valDatabase?: string };

/** Returns how the data is read: as the flags say, or else as a run that goes on began. */
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

/** Opens the images to train and to validate, and says what there is to say of them. */
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
          // It was said already.
          ...(split && { images: { wish, terminal, isSaid: true } }),
        });
  if (split && samples.split) terminal.warn(describeSplit(trainPath, samples.split, split));
  else if (!validation && kindOfInput(trainPath) === 'images')
    terminal.warn('no validation images; --val 0.1 holds out a tenth of the images, and the report then scores those.');
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
    groups > 0 && `${formatNumberOf(groups, 'group')} of images with similar names, each kept on one side`,
  ].filter(Boolean);
  const how = kept.length > 0 ? ` (${kept.join('; ')})` : '';
  return `${place}: ${formatCount(validation.length)} of ${formatNumberOf(total, 'image')} are held out for validation, with seed ${seed}${how}.`;
}

/** Says which images were left out. */
export function tellLeftOut({ samples, validation }: TrainingData, terminal: Terminal): void {
  const [train, val] = [samples.leftOut, validation?.leftOut ?? []];
  if (train.length + val.length === 0) return;
  terminal.event({ event: 'leftOut', leftOut: train, validationLeftOut: val });
  printLeftOut([samples, validation], terminal);
}
