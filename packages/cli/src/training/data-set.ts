/** What training on a folder means: on all of its images, or on the parts of a data set that it contains. */
import fs from 'node:fs';
import path from 'node:path';
import { parseFraction, type SplitWish } from '../data/image-split';
import { kindOfInput } from '../data/input-kind';
import { CliError } from '../shell/cli-error';

export interface DataSet {
  readonly train: string;
  readonly val?: string;
  /** Set if the validation images are a part of the training images. */
  readonly split?: SplitWish;
  /** How the input was understood, in a sentence. */
  readonly said?: string;
}

const trainNames = ['train', 'training'];
const validationNames = ['val', 'valid', 'validation', 'test', 'testing', 'dev', 'eval'];

/** Finds the training and validation images. `val` is a path, or a fraction such as 0.1. */
export function understandDataSet(input: string, val: string | undefined, seed: number): DataSet {
  const fraction = val === undefined || fs.existsSync(val) ? undefined : parseFraction(val);
  if (val !== undefined && fraction === undefined) assertNoPart(val);
  const split = fraction === undefined ? undefined : { fraction, seed };
  const parts = split || val === undefined ? partsIn(input) : undefined;
  const train = parts?.train ?? input;
  if (split) return { train, split, ...(parts && { said: `${input}: training on ${parts.train}.` }) };
  if (!parts) return { train, val };
  const validation = parts.validation && `, validating on ${parts.validation}`;
  return { train, val: parts.validation, said: `${input}: training on ${train}${validation ?? ''}.` };
}

/** Throws for a number that is not a fraction, such as 1, 0,1 or 1/10, unless a file has that name. */
function assertNoPart(val: string): void {
  if (!/^[\d.,/]+%?$/.test(val) || fs.existsSync(val)) return;
  throw new CliError(
    'INVALID_OPTION',
    `--val: expected images, or a fraction between 0 and 1, such as 0.1 or 10%, received "${val}".`,
  );
}

/** Finds train/ and val/ in a folder; undefined if it is not a folder or has no train/. */
function partsIn(input: string): { train: string; validation?: string } | undefined {
  if (!isFolder(input) || kindOfInput(input) !== 'images') return undefined;
  const find = (names: readonly string[]) => {
    const name = names.find((each) => isFolder(path.join(input, each)) || isFolder(path.join(input, `${each}.lmdb`)));
    if (name === undefined) return undefined;
    const place = path.join(input, name);
    return isFolder(place) ? place : `${place}.lmdb`;
  };
  const train = find(trainNames);
  return train === undefined ? undefined : { train, validation: find(validationNames) };
}

function isFolder(place: string): boolean {
  return fs.statSync(place, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
