import { Fault } from '#base/fault.ts';

/**
 * What db, blobs and journals throw when they take nothing more: there is no room left, or nothing may be written. The message
 * says what the operator can do. It may pass; trying again at once is of no use.
 */
export class StorageFull extends Fault {}

/** Runs work on a disk; what the operating system refuses becomes a `StorageFull` or a `Fault` that says what failed. */
export async function storageFaults<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && 'syscall' in cause)) throw cause;
    const isFull = cause.code === 'ENOSPC' || cause.code === 'EDQUOT';
    throw isFull ? new StorageFull(`${what} failed`, cause) : new Fault(`${what} failed`, cause);
  }
}
