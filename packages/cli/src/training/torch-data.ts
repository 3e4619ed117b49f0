import type { LmdbPlace } from '@ae/autoencoder/torchrun';
import type { SampleDatabase } from '../data/sample-database';
import { CliError } from '../shell/cli-error';
import type { TrainingData } from './training-data';

/** Returns where train_ddp.py finds the images to train on; throws INVALID_OPTION for data that it cannot read. */
export function lmdbPlaces({ samples, validation }: TrainingData): { train: LmdbPlace; validation?: LmdbPlace } {
  return { train: lmdbPlace(samples), ...(validation && { validation: lmdbPlace(validation) }) };
}

function lmdbPlace({ path, records }: SampleDatabase): LmdbPlace {
  const { schema, format, hasFloats, isWhole, ...place } = records;
  const refuse = (what: string, todo: string) => {
    throw new CliError('INVALID_OPTION', `torchrun cannot read ${path}: ${what}; ${todo}, or train on another engine.`);
  };
  const again = 'import the images into an LMDB: ae import <images> <out.lmdb>';
  if (schema !== 'datum') refuse(`its records are not plain Datums (${schema})`, again);
  if (format !== 1) refuse('it is in the format of LMDB 1.0, which py-lmdb does not know', again);
  if (hasFloats) refuse('it contains float_data', again);
  if (!isWhole) refuse('some of its records are damaged', again);
  return place;
}
