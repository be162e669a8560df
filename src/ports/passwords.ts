/**
 * Slow hashes of passwords. One is worked on at a time, on a thread that nothing else waits for; calls wait their turn, so
 * whoever calls bounds how many there are.
 */
export interface Passwords {
  /** A text that says how it was made, with a salt of its own. */
  hash(password: string): Promise<string>;
  /** Whether `password` is the one that was hashed; false for a text that is no hash. Costs the same either way. */
  verify(password: string, hash: string): Promise<boolean>;
  /** Whether a hash was made otherwise than `hash` would make it now. */
  isOutdated(hash: string): boolean;
  /** What waits and what comes after it fails with a Fault. */
  close(): Promise<void>;
}
