/** An inclusive byte range, as HTTP has it. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Named bytes. Keys are `/`-separated segments of `[a-zA-Z0-9._-]`, no empty, `.` or `..` segment, at most 512 characters;
 * another key is an assertion. A `put` is atomic: a reader sees the old bytes or the new ones, and what was acknowledged
 * survives the death of the process. A key is never a folder of another key.
 */
export interface Blobs {
  /** Throws `StorageFull` when there is no room; what was there stays. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** The bytes, or null when there is no such key. A range is clamped to the size; one past the end gives no bytes. */
  get(key: string, range?: ByteRange): Promise<Uint8Array | null>;
  /** Size in bytes, or null. */
  size(key: string): Promise<number | null>;
  /** Deleting what is not there does nothing. */
  delete(key: string): Promise<void>;
  /** Deletes the key and every key below it. Whole segments count: `a/b` (or `a/b/`) spares `a/bc`. */
  deletePrefix(prefix: string): Promise<void>;
}

export const BLOB_KEY_MAX = 512;

export function isBlobKey(key: string): boolean {
  if (key.length === 0 || key.length > BLOB_KEY_MAX) return false;
  return key.split('/').every(part => /^[a-zA-Z0-9._-]+$/.test(part) && part !== '.' && part !== '..');
}
