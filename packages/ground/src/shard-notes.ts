/**
 * The note in the folder of a complete shard: which shard of what it is, how it was made, and what it contains. The folder is renamed only
 * when it contains the note, so that a folder without one is incomplete, or something else.
 */
import fs from 'node:fs';
import path from 'node:path';
import type { State } from './errors';
import { isShard, type Shard, shardPath } from './shards';

export const shardNoteName = 'shard.json';
const version = 1;
const mostBytes = 2 ** 30;

/** The settings that all shards of an output share, by readable names. A text that begins with `sha256:` is not shown to users. */
export type ShardSettings = Readonly<Record<string, string | number | boolean>>;

export interface ShardNote<Result = unknown> {
  /** What made it, such as "import". */
  readonly kind: string;
  readonly shard: Shard;
  readonly settings: ShardSettings;
  /** What it contains, for merging; plain JSON. */
  readonly result: Result;
}

export interface FoundShard<Result = unknown> {
  readonly folder: string;
  readonly note: ShardNote<Result>;
}

/** Creates the error that a package throws. */
export type Fail = (what: State, folder: string) => Error;

/** Writes the note of a shard whose folder has not been renamed yet. */
export function writeShardNote(folder: string, note: ShardNote): void {
  fs.writeFileSync(path.join(folder, shardNoteName), JSON.stringify({ version, ...note }), { flush: true });
}

/** Reads the note of a shard; undefined if there is none. */
export function readShardNote<Result>(folder: string, fail: Fail): ShardNote<Result> | undefined {
  const file = path.join(folder, shardNoteName);
  // Opened only if it is a file: a pipe would block.
  const stats = fs.statSync(file, { throwIfNoEntry: false });
  if (!stats) return undefined;
  const note = stats.isFile() && stats.size <= mostBytes ? parse(fs.readFileSync(file, 'utf8')) : undefined;
  if (note?.version === version && isNote(note)) return note as ShardNote<Result>;
  throw fail(
    { state: `${file} is not the note of a shard of this version`, todo: `delete ${folder} and create it again` },
    folder,
  );
}

function parse(text: string): Partial<ShardNote & { version: number }> | undefined {
  try {
    return JSON.parse(text) ?? undefined;
  } catch {
    return undefined;
  }
}

function isNote({ kind, shard, settings, result }: Partial<ShardNote>): boolean {
  return typeof kind === 'string' && isShard(shard) && isObject(settings) && isObject(result);
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

/**
 * Returns the note of a complete shard; undefined if its name is free.
 *
 * @throws the error made by `fail` if anything else, or a shard with other settings, has the name.
 */
export function completeShard<Result>(
  folder: string,
  { kind, shard, settings }: Omit<ShardNote, 'result'>,
  fail: Fail,
): ShardNote<Result> | undefined {
  if (!fs.lstatSync(folder, { throwIfNoEntry: false })) return undefined;
  const todo = 'delete it, or choose another output';
  const note = readShardNote<Result>(folder, fail);
  if (!note) throw fail({ state: `${folder} already exists, and is not a complete shard`, todo }, folder);
  const other = isSame(note, kind, shard) ? differenceOf(note.settings, settings) : 'is a shard of something else';
  if (other) throw fail({ state: `${folder} already exists and ${other}`, todo }, folder);
  return note;
}

function isSame(note: ShardNote, kind: string, { index, count }: Shard): boolean {
  return note.kind === kind && note.shard.index === index && note.shard.count === count;
}

/** Says in which setting a shard differs, and from which other shard: "was made with size 48x48, not 64x64". */
function differenceOf(settings: ShardSettings, expected: ShardSettings, like?: string): string | undefined {
  const name = [...Object.keys(expected), ...Object.keys(settings)].find((key) => settings[key] !== expected[key]);
  if (name === undefined) return undefined;
  const [is, other] = [settings[name], expected[name]].map((value) => String(value ?? 'none'));
  const isHidden = is.startsWith('sha256:') || other.startsWith('sha256:');
  if (isHidden) return `was made with different ${name}${like ? ` from ${like}` : ''}`;
  return `was made with ${name} ${is}, not ${other}${like ? ` like ${like}` : ''}`;
}

/** Returns the folders whose names are those of an output's shards. */
export function findShardFolders(output: string): string[] {
  const whole = path.resolve(output);
  const pattern = /\.shard-\d+-of-\d+$/;
  const beside = path.dirname(output);
  const stem = path.basename(whole);
  const names = fs.existsSync(beside) ? fs.readdirSync(beside) : [];
  return names
    .filter((name) => pattern.test(name) && name.replace(pattern, '') === stem)
    .sort()
    .map((name) => path.join(beside, name));
}

/**
 * Reads the shards of an output in order.
 *
 * @param folders Default: those with the names of its shards.
 * @throws the error made by `fail` if one is missing, duplicated, incomplete, or made with different settings from the first.
 */
export function collectShards(output: string, folders: readonly string[] | undefined, fail: Fail): FoundShard[] {
  const found: FoundShard[] = [];
  for (const folder of folders ?? findShardFolders(output)) {
    const note = readShardNote(folder, fail);
    if (!note) {
      const what = fs.existsSync(folder) ? 'contains no complete shard' : 'does not exist';
      throw fail({ state: `${folder} ${what}`, todo: 'run its command again' }, folder);
    }
    found.push({ folder, note });
  }
  const [first] = found;
  if (!first) {
    const example = shardPath(output, { index: 0, count: 2 });
    throw fail(
      {
        state: `${output} has no shards (they would be called ${example} and so on)`,
        todo: 'run the command for each shard first',
      },
      output,
    );
  }
  for (const one of found) assertAlike(one, first, fail);
  return inOrder(output, found, first.note.shard.count, fail);
}

function assertAlike({ folder, note }: FoundShard, first: FoundShard, fail: Fail): void {
  const { kind, shard, settings } = first.note;
  const other =
    note.kind !== kind
      ? `comes from a different command (${note.kind}) than ${first.folder} (${kind})`
      : note.shard.count !== shard.count
        ? `is one of ${note.shard.count} shards, but ${first.folder} is one of ${shard.count}`
        : differenceOf(note.settings, settings, first.folder);
  if (!other) return;
  throw fail({ state: `${folder} ${other}`, todo: 'delete the wrong one, and create the missing ones' }, folder);
}

function inOrder(output: string, found: readonly FoundShard[], count: number, fail: Fail): FoundShard[] {
  const ordered: FoundShard[] = [];
  for (const one of found) {
    const { index } = one.note.shard;
    const twin = ordered[index];
    if (twin) {
      const state = `${one.folder} and ${twin.folder} are both shard ${index} of ${count}`;
      throw fail({ state, todo: 'delete one of them' }, one.folder);
    }
    ordered[index] = one;
  }
  const missing = Array.from({ length: count }, (_, index) => index).filter((index) => !ordered[index]);
  if (missing.length === 0) return ordered;
  const named = missing.slice(0, 5).map((index) => path.basename(shardPath(output, { index, count })));
  const more = missing.length > named.length ? ` and ${missing.length - named.length} more` : '';
  const verb = missing.length === 1 ? 'is' : 'are';
  const todo = `run the command for ${missing.length === 1 ? 'that shard' : 'those shards'} first`;
  throw fail({ state: `${output}: of its ${count} shards ${named.join(', ')}${more} ${verb} missing`, todo }, output);
}
