import { readFileSync } from 'node:fs';

/** What the process did to one file, as `shim.c` wrote it down. */
export interface LogRecord {
  readonly op: Op;
  /** CLOCK_MONOTONIC, as `process.hrtime.bigint()` has it. */
  readonly timeNs: bigint;
  readonly flags: number;
  /** Number of the `open` that made the descriptor. */
  readonly handle: number;
  /** Offset, size or the number of the sync, by `op`. */
  readonly at: number;
  /** Below the folder. */
  readonly path: string;
  readonly other: string;
  readonly bytes: Buffer;
}

export type Op = (typeof OPS)[number];

const OPS = [
  'none',
  'open',
  'write',
  'truncate',
  'sync-begin',
  'sync-end',
  'rename',
  'unlink',
  'mkdir',
  'rmdir',
  'link',
] as const;

export const CREATED = 1;
export const TRUNCATED = 2;
export const FAILED = 1;

const HEAD_BYTES = 34;

/** The whole records of a log; the process may have died in the last one. */
export function readLog(file: string): LogRecord[] {
  const log = readFileSync(file);
  const records: LogRecord[] = [];
  for (let at = 0; at + HEAD_BYTES <= log.length; ) {
    const [pathBytes, otherBytes] = [log.readUInt16LE(at + 2), log.readUInt16LE(at + 4)];
    const names = at + HEAD_BYTES;
    const data = names + pathBytes + otherBytes;
    const end = data + Number(log.readBigUInt64LE(at + 18));
    if (end > log.length) break;
    records.push({
      op: OPS[log[at]!]!,
      flags: log[at + 1]!,
      handle: log.readUInt32LE(at + 6),
      at: Number(log.readBigUInt64LE(at + 10)),
      timeNs: log.readBigUInt64LE(at + 26),
      path: log.toString('utf8', names, names + pathBytes),
      other: log.toString('utf8', names + pathBytes, data),
      bytes: log.subarray(data, end),
    });
    at = end;
  }
  return records;
}
