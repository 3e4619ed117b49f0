/** What is recorded about a record beside its image, as JSON: the key, and what restores its Datum. */
import { isUtf8 } from 'node:buffer';
import type { DatumFacts, ExchangeRecord } from './record';

/** The contents of a note. */
export interface Note {
  readonly key: Uint8Array;
  readonly hasLabel: boolean;
  readonly facts: DatumFacts;
}

/** Returns the fields of a record's note. */
export function noteOf({ key, label, facts, text, boxes }: ExchangeRecord): Record<string, unknown> {
  const { raw, head, tail, whole } = facts;
  const bytes = Buffer.from(key);
  const base64 = (part?: Uint8Array) => part && Buffer.from(part).toString('base64');
  const datum = {
    ...(isUtf8(bytes) ? { key: bytes.toString() } : { keyHex: bytes.toString('hex') }),
    ...{
      unlabeled: label === undefined || undefined,
      raw,
      head: base64(head),
      tail: base64(tail),
      whole: base64(whole),
    },
  };
  return { ...(text !== undefined && { text }), ...(boxes && { boxes }), datum };
}

/** Parses a note. Returns undefined for other JSON. */
export function parseNote(json: string): Note | undefined {
  let fields: { datum?: Record<string, unknown> } | null;
  try {
    fields = JSON.parse(json);
  } catch {
    return undefined;
  }
  const datum = fields?.datum;
  if (typeof datum !== 'object' || datum === null) return undefined;
  const { key, keyHex, unlabeled, raw } = datum;
  const isHex = typeof keyHex === 'string';
  if (!isHex && typeof key !== 'string') return undefined;
  const bytesOf = (name: string) => (typeof datum[name] === 'string' ? Buffer.from(datum[name], 'base64') : undefined);
  const [head, tail, whole] = ['head', 'tail', 'whole'].map(bytesOf);
  return {
    key: isHex ? Buffer.from(keyHex, 'hex') : Buffer.from(key as string),
    hasLabel: unlabeled !== true,
    facts: { ...(isSize(raw) && { raw }), ...(head && { head }), ...(tail && { tail }), ...(whole && { whole }) },
  };
}

function isSize(value: unknown): value is [number, number, number] {
  return Array.isArray(value) && value.length === 3 && value.every((side) => Number.isSafeInteger(side) && side > 0);
}
