/** Images that are not in an LMDB, imported once: the database is kept in the user's cache and used again until the images change. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ConvertReport } from '@ae/lmdb-datum/convert';
import { CliError, sentenceOf } from '../shell/cli-error';
import type { ImageSize } from '../shell/options';
import { writeFileWhole } from '../shell/output-folder';
import { formatBar, formatBytes, formatCount, formatDuration, formatNumberOf, type Terminal } from '../shell/terminal';
import { imageCache } from './cache-folder';
import type { FitFlags } from './fit-option';
import { fingerprintOf } from './input-fingerprint';
import { isImageList, kindOfInput } from './input-kind';

/** How images are converted when they are imported. */
export interface ImportWish extends FitFlags {
  /** Absent: each keeps its own size. */
  readonly size?: ImageSize;
  readonly gray?: boolean;
  /** Store the image files instead of pixels. */
  readonly encoded?: boolean;
}

/** How to import images, and what to report. */
export interface Importing {
  readonly wish: ImportWish;
  readonly terminal: Terminal;
  /** The user has already been told. */
  readonly isSaid?: boolean;
}

/** What is stored beside a database, to be printed later. */
export interface ImportNote {
  readonly source: string;
  readonly images: number;
  readonly size?: string;
  readonly skipped: number;
  readonly firstReasons: readonly string[];
}

const version = 1;
const namedAtMost = 3;

/** Returns the path of an LMDB with the images of an input: the input itself if it is an LMDB, or else its import. */
export async function databaseOf(input: string, { wish, terminal, isSaid = false }: Importing): Promise<string> {
  if (kindOfInput(input) === 'lmdb') return input;
  const { hash: files, bytes } = await fingerprintOf(input);
  const key = JSON.stringify([version, files, wish]);
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 12);
  const stem = path.parse(path.resolve(input)).name.replace(/[^\p{L}\p{N}._-]/gu, '_');
  const database = path.join(imageCache(), `${stem}-${hash}.lmdb`);
  if (!isThere(database)) {
    const cache = createCache();
    if (wish.encoded) assertRoom(cache, input, bytes);
    await importOnce(input, database, wish, terminal);
  } else if (!isSaid) tell(input, database, readNote(database), 'imported earlier', terminal);
  return database;
}

/** Returns the folder of imported images. @throws CliError with what to set if it cannot be written, as the folder was not named by the user */
function createCache(): string {
  const cache = imageCache();
  try {
    fs.mkdirSync(cache, { recursive: true });
    fs.accessSync(cache, fs.constants.W_OK);
    return cache;
  } catch (cause) {
    const state = `Imported images are kept in ${cache}, which cannot be written`;
    throw new CliError('CACHE_NOT_WRITABLE', `${state}; set AE_CACHE to another folder.`, { cause });
  }
}

/** Image files are copied. @throws CliError if there is not enough space for them, before an hour is spent on it */
function assertRoom(cache: string, input: string, bytes: number): void {
  const { bavail, bsize } = fs.statfsSync(cache);
  if (bytes <= bavail * bsize) return;
  const room = `${input} has ${formatBytes(bytes)}, which would be copied to ${cache}, but only ${formatBytes(bavail * bsize)} are free there`;
  const todo = 'set AE_CACHE to another folder, or make a small LMDB of it with ae import --resize';
  throw new CliError('DISK_FULL', `${room}; ${todo}.`);
}

async function importOnce(input: string, database: string, wish: ImportWish, terminal: Terminal): Promise<void> {
  for (;;) {
    try {
      const report = await convert(input, database, wish, terminal);
      const { records, size, skipped, elapsedMs } = report;
      const firstReasons = skipped.slice(0, namedAtMost).map(({ reason }) => reason);
      const note: ImportNote = {
        ...{ source: path.resolve(input), images: records, skipped: skipped.length, firstReasons },
        ...(size && { size }),
      };
      await writeFileWhole(noteOf(database), JSON.stringify(note));
      tell(input, database, note, `imported in ${formatDuration(elapsedMs)}`, terminal);
      for (const warning of report.warnings) terminal.warn(warning);
      return;
    } catch (error) {
      terminal.status('');
      if ((error as { code?: unknown }).code !== 'OUTPUT_EXISTS') throw explained(error, input);
      // Another process finished first, or is still importing.
      if (isThere(database)) return;
      terminal.status(`waiting for another process to import ${input} ...`);
      await pause(300);
    }
  }
}

async function convert(
  input: string,
  output: string,
  { size, encoded, ...same }: ImportWish,
  terminal: Terminal,
): Promise<ConvertReport> {
  const { convertImageset } = await import('@ae/lmdb-datum/convert');
  const report = await convertImageset({
    ...same,
    ...(isImageList(input) ? { input: path.dirname(input), list: input } : { input }),
    output,
    ...(size && { resizeHeight: size.height, resizeWidth: size.width }),
    encoded,
    onProgress: ({ done, total, imagesPerSecond }) =>
      terminal.status(
        `importing ${input} ${formatBar(done / total)} ${formatCount(done)}/${formatCount(total)}  ${Math.round(imagesPerSecond)} images/s`,
      ),
  });
  terminal.status('');
  return report;
}

/** Prints, in one line, where the images are read from. */
function tell(input: string, database: string, note: ImportNote | undefined, how: string, terminal: Terminal): void {
  const { images, size, skipped = 0, firstReasons = [] } = note ?? {};
  // Nobody needs to be told about a single image.
  if (images === 1 && skipped === 0) return;
  const what = images === undefined ? 'images' : formatNumberOf(images, 'image');
  const bytes = formatBytes(fs.statSync(path.join(database, 'data.mdb')).size);
  const but = skipped > 0 ? `, without ${formatNumberOf(skipped, 'unreadable image')}` : '';
  terminal.warn(
    `${input}: ${what}${size ? ` of ${size}` : ''} ${how}${but}; they are read from ${database} (${bytes}), which ae cache clear removes.`,
  );
  for (const reason of firstReasons) terminal.warn(`skipped: ${reason}`);
  if (skipped > firstReasons.length) terminal.warn(`skipped: ${skipped - firstReasons.length} more.`);
}

/** Explains why an input cannot be imported. */
function explained(error: unknown, input: string): unknown {
  const { code, state, todo } = error as { code?: unknown; state?: string; todo?: string };
  if (code === 'BAD_IMAGE' && state?.startsWith(`${input} contains no images`)) {
    const found = state.slice(input.length);
    if (fs.statSync(input, { throwIfNoEntry: false })?.isFile()) return error;
    return new CliError(
      'NOT_LMDB',
      `${input} is not an LMDB (it contains no data.mdb), and${found.replace('contains no images', 'it contains no images')}; ${todo}.`,
      { cause: error },
    );
  }
  if (code !== 'WRITE_FAILED') return error;
  const problem = sentenceOf(error).replace(/\.$/, '');
  return new CliError(code, `${problem}; set AE_CACHE to another folder for imported images.`, {
    cause: error,
  });
}

export function noteOf(database: string): string {
  return database.replace(/\.lmdb$/, '.json');
}

export function readNote(database: string): ImportNote | undefined {
  try {
    return JSON.parse(fs.readFileSync(noteOf(database), 'utf8'));
  } catch {
    // The importing process was killed just before it wrote the note.
    return undefined;
  }
}

function isThere(database: string): boolean {
  return fs.existsSync(path.join(database, 'data.mdb'));
}
