/** Options for databases that are not files on this machine. */
import {
  assertFunction,
  assertKeys,
  assertName,
  assertSignal,
  assertWhole,
  checkMaxPixels,
  type Known,
  refuse,
} from '../errors/checks';
import { keyBytes } from '../lmdb/scan';
import type { HttpOptions } from './http-source';

/** How `openDatumSource` opens a database. */
export interface OpenSourceOptions extends HttpOptions {
  /** Name of a named database inside the file. Default: the unnamed one, as in Caffe. */
  database?: string;
  /** The format of the records, as for `openDatumLmdb`. Default: detected from the first ones. */
  schema?: string;
  /** Memory for pages of the tree, in bytes. Default 16 MiB. */
  cacheBytes?: number;
  /** Refuse to decode image files with more pixels. Default 89,478,485. */
  maxPixels?: number;
  /** Ends all reading with the signal's reason. */
  signal?: AbortSignal;
}

const knownOptions: Known<OpenSourceOptions> = {
  ...{ database: assertName, schema: true, cacheBytes: true, maxPixels: true },
  ...{ signal: assertSignal, headers: assertHeaders, fetch: assertFunction },
};

function assertHeaders(name: string, value: unknown): void {
  const isRecord = typeof value === 'object' && value !== null && !(Symbol.iterator in value);
  if (!isRecord || !Object.values(value).every((header) => typeof header === 'string'))
    refuse(name, 'headers such as { Authorization: ... }', value);
}

/** Fills in defaults. @throws InvalidOptionError */
export function checkSourceOptions(options: OpenSourceOptions) {
  assertKeys('openDatumSource', options, knownOptions);
  const { cacheBytes = 16 << 20 } = options;
  assertWhole('cacheBytes', cacheBytes, 0);
  return { ...options, cacheBytes, maxPixels: checkMaxPixels(options.maxPixels) };
}

/** Bounds of a walk in key order. */
export interface WalkOptions {
  /** First key, inclusive. Default: the database's first. */
  start?: string | Uint8Array;
  /** Last key, exclusive. Default: past the database's last. */
  end?: string | Uint8Array;
  /** Ends after this many records. Default: no limit. */
  limit?: number;
  /** Ends the walk with the signal's reason, between two requests. */
  signal?: AbortSignal;
}

const knownWalkOptions: Known<WalkOptions> = { start: true, end: true, limit: true, signal: assertSignal };

/** Returns the bounds as stored keys. @throws InvalidOptionError */
export function checkWalkOptions(options: WalkOptions) {
  assertKeys('entries', options, knownWalkOptions);
  const { limit = Number.POSITIVE_INFINITY, signal } = options;
  if (limit !== Number.POSITIVE_INFINITY) assertWhole('limit', limit, 0);
  const start = options.start === undefined ? undefined : keyBytes(options.start, 'start');
  const end = options.end === undefined ? undefined : keyBytes(options.end, 'end');
  return { start, end, limit, signal };
}
