/**
 * Files that only grow, for what must survive the death of the process at any moment. Keys are those of `Blobs`. After a
 * crash a file holds every acknowledged byte, and possibly more behind them, whole or torn: the reader must be able to tell.
 */
export interface Journals {
  /** Opens a file for one writer, emptied if it is there already. */
  create(key: string): Promise<JournalFile>;
  /** All bytes, or null when there is no such file. */
  read(key: string): Promise<Uint8Array | null>;
  /** The keys below a prefix of whole segments, in order. */
  list(prefix: string): Promise<string[]>;
  /** Deleting what is not there does nothing. */
  delete(key: string): Promise<void>;
}

export interface JournalFile {
  /**
   * Resolves when the bytes survive the death of the process and of the machine. Throws `StorageFull` when there is no room; after any
   * failure the end of the file may be torn, so that nothing may be appended behind it.
   */
  append(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}
