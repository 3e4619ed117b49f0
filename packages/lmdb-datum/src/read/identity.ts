/** What tells one database from another of the same name, or from itself before it was written to. */
import { createHash } from 'node:crypto';
import type { Datum } from '../datum/datum';

/** What distinguishes a database's content from another's. */
export interface DatabaseIdentity {
  /** What the database says of itself: another one after each time it was written to, the same for a copy. */
  readonly revision: string;
  /** SHA-256 of its records: equal pixels and image files give an equal one, however they came to lie where they do. */
  readonly content: string;
  /** Whether all records were looked at; of a large database it is some, spread evenly. */
  readonly complete: boolean;
}

/** What an identity is made of: the facts of an open database, and its records. */
export interface Identifiable {
  readonly info: {
    lastTransactionId: number;
    leafPages: number;
    overflowPages: number;
    pageSizeBytes: number;
    count: number;
  };
  datumAt(i: number): Datum | undefined;
}

/** How much is read: about a second's worth. */
const maxBytes = 128 * 2 ** 20;
/** At least so many records are looked at, however large they are. */
const minRecords = 64;
/** After so many bytes others get a turn. */
const spellBytes = 2 ** 23;

/** Reads a database for its identity. Records that can't be read are a part of it, too. */
export async function identityOf(reader: Identifiable): Promise<DatabaseIdentity> {
  const { lastTransactionId, leafPages, overflowPages, pageSizeBytes, count } = reader.info;
  const pages = leafPages + overflowPages;
  const share = Math.min(1, maxBytes / Math.max(1, pages * pageSizeBytes));
  const looks = Math.min(count, Math.max(minRecords, Math.floor(count * share)));
  const digest = createHash('sha256').update(`${count}\n`);
  let spell = 0;
  for (let i = 0; i < looks; i++) {
    spell += addRecord(digest, reader, Math.floor((i * count) / looks));
    if (spell < spellBytes) continue;
    spell = 0;
    await new Promise((resolve) => setTimeout(resolve));
  }
  const revision = `transaction ${lastTransactionId}, ${count} records on ${pages} pages`;
  return { revision, content: digest.digest('hex'), complete: looks === count };
}

/** Returns how many bytes were added. */
function addRecord(digest: ReturnType<typeof createHash>, reader: Identifiable, index: number): number {
  try {
    const datum = reader.datumAt(index);
    if (!datum) return 0;
    const { channels, height, width, encoded, data, floatData } = datum;
    // An image file says its size itself; Caffe's tools write it or leave it out.
    const size = encoded ? 'file' : `${channels} ${height} ${width}`;
    digest.update(`${index} ${size} ${data.length} ${floatData?.length ?? 0}\n`).update(data);
    if (floatData) digest.update(new Uint8Array(floatData.buffer, floatData.byteOffset, floatData.byteLength));
    return data.length + (floatData?.byteLength ?? 0);
  } catch (error) {
    digest.update(`${index} ${(error as { code?: unknown }).code}\n`);
    return 0;
  }
}
