/** What commits the records of a writer: our own engine, for keys in order, or the native one. */

export interface PendingRecord {
  key: Uint8Array;
  value: Uint8Array;
}

export interface WriteEngine {
  /**
   * Writes records in one transaction, which is on disk when this returns. If it fails, none of them is in the database.
   *
   * @param bytes Of all values.
   * @throws WriteError
   */
  commit(records: readonly PendingRecord[], bytes: number): Promise<void>;
  /** Tells whether a key was committed. */
  has(key: Buffer): boolean;
  close(): Promise<void>;
}
