/** One output file, or several of limited size: out-000000.tar, out-000001.tar ... */
import fs from 'node:fs';
import path from 'node:path';
import { partialName } from '../convert/output-folder';
import { OutputExistsError } from '../errors/errors';
import type { ExchangeRecord, RecordSink } from './record';
import { claimOutput, completeFile, openPartial, writeErrorOf, writing } from './work-file';

/** When a file is full. */
export interface ShardLimits {
  readonly shardImages?: number;
  readonly shardBytes?: number;
}

/** Writes one file. */
export interface FileFormat {
  /** Bytes that are written or buffered. */
  readonly bytes: number;
  add(record: ExchangeRecord): void;
  /** Completes the file, which the caller closes. */
  finish(): Promise<void> | void;
}

/** @throws OutputExistsError, WriteError */
export function openShards(
  output: string,
  { shardImages, shardBytes }: ShardLimits,
  open: (fd: number) => FileFormat | Promise<FileFormat>,
): RecordSink {
  const isSharded = shardImages !== undefined || shardBytes !== undefined;
  if (isSharded) assertNoShards(output);
  const release = claimOutput(output);
  const done: string[] = [];
  let current: { name: string; fd: number; format: FileFormat; count: number } | undefined;
  const end = async () => {
    if (!current) return;
    const { name, fd, format } = current;
    try {
      await format.finish();
      fs.fsyncSync(fd);
    } catch (cause) {
      throw writeErrorOf(name, cause);
    }
    current = undefined;
    writing(name, () => fs.closeSync(fd));
  };
  const begin = async () => {
    const name = isSharded ? shardName(output, done.length) : output;
    const fd = openPartial(name);
    done.push(name);
    current = { name, fd, format: await open(fd), count: 0 };
    return current;
  };
  const isFull = () =>
    current !== undefined &&
    (current.count >= (shardImages ?? Infinity) || current.format.bytes >= (shardBytes ?? Infinity));
  return {
    async add(record) {
      if (isFull()) await end();
      const shard = current ?? (await begin());
      try {
        shard.format.add(record);
      } catch (cause) {
        throw writeErrorOf(shard.name, cause);
      }
      shard.count++;
    },
    async finish() {
      if (done.length === 0) await begin();
      await end();
      for (const name of done) completeFile(name);
      release();
      return done;
    },
    async abort() {
      if (current) fs.closeSync(current.fd);
      for (const name of done) fs.rmSync(partialName(name), { force: true });
      release();
    },
  };
}

function shardName(output: string, number: number): string {
  const { dir, name, ext } = path.parse(output);
  return path.join(dir, `${name}-${String(number).padStart(6, '0')}${ext}`);
}

/** Shards of another conversion could be mistaken for this one's. */
function assertNoShards(output: string): void {
  const first = shardName(output, 0);
  const { dir, base } = path.parse(first);
  const pattern = new RegExp(`^${base.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace('000000', '\\d{6}')}$`);
  const folder = dir || '.';
  const other = fs.existsSync(folder) ? fs.readdirSync(folder).find((name) => pattern.test(name)) : undefined;
  if (other === undefined) return;
  const name = path.join(dir, other);
  throw new OutputExistsError(
    { state: `${name} already exists`, todo: 'delete it, or choose another output' },
    { path: name },
  );
}
