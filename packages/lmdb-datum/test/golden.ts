/** The golden databases of test/fixtures: made and read by py-lmdb and Python's protobuf (make.py). */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const FIXTURES = path.join(path.dirname(fileURLToPath(import.meta.url)), 'fixtures');

const IMAGES_FIXTURES = path.join(FIXTURES, '../../../images/test/fixtures');

export interface GoldenRecord {
  /** base64 */
  key: string;
  channels: number;
  height: number;
  width: number;
  label: number | null;
  encoded: boolean;
  dataBytes: number;
  dataSha256: string;
  floatData?: number[];
  /** OpenCV's decoding of an encoded record. */
  decoded?: { shape: [number, number, number]; pixelsChwBgr: string };
}

export interface Golden {
  stat: Record<'psize' | 'depth' | 'branch_pages' | 'leaf_pages' | 'overflow_pages' | 'entries', number>;
  lastTransactionId: number;
  mapSizeBytes: number;
  records: GoldenRecord[];
}

export const GOLDEN_NAMES = ['variants', 'overflow', 'deep', 'churned', 'compacted', 'empty'] as const;

/** Returns the path of a fixture; of images, and of what OpenCV makes of them, that of @ae/images. */
export function fixture(name: string): string {
  return path.join(/^images\b/.test(name) ? IMAGES_FIXTURES : FIXTURES, name);
}

export function golden(name: string): Golden {
  return JSON.parse(fs.readFileSync(fixture(`${name}.json`), 'utf8'));
}

export function sha256(bytes: NodeJS.ArrayBufferView): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function keyOf(record: GoldenRecord): Buffer {
  return Buffer.from(record.key, 'base64');
}
