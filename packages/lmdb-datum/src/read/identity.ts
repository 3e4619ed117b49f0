/** Identifies a database, and detects whether it has been written to. */
import { createHash } from 'node:crypto';
import type { Datum } from '../datum/datum';

/** What distinguishes a database's contents from another's. */
export interface DatabaseIdentity {
  /** The database's description of itself: it changes each time the database is written to, and is the same for a copy. */
  readonly revision: string;
  /** SHA-256 of its records: equal for equal pixels and image files, wherever they are in the file. */
  readonly content: string;
  /** Whether all records were read; of a large database it is some, evenly spread. */
  readonly complete: boolean;
}

/** The basis of an identity: the facts about an open database, and its records. */
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
/** Minimum number of records that are read, however large they are. */
const minRecords = 64;
/** Yields to the event loop after this many bytes. */
const spellBytes = 2 ** 23;

/** Reads a database to identify it. Records that cannot be read are part of the identity, too. */
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
    // An image file contains its own size; Caffe's tools may write it or leave it out.
    const size = encoded ? 'file' : `${channels} ${height} ${width}`;
    digest.update(`${index} ${size} ${data.length} ${floatData?.length ?? 0}\n`).update(data);
    if (floatData) digest.update(new Uint8Array(floatData.buffer, floatData.byteOffset, floatData.byteLength));
    return data.length + (floatData?.byteLength ?? 0);
  } catch (error) {
    digest.update(`${index} ${(error as { code?: unknown }).code}\n`);
    return 0;
  }
}
