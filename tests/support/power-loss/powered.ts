import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Seeded } from '../seeded.ts';
import { Disk } from './disk.ts';
import { type LogRecord, readLog } from './log.ts';
import { shimEnvironment } from './shim.ts';

/** What a loss of power left. */
export interface Cut {
  /** When it was, CLOCK_MONOTONIC. */
  readonly timeNs: bigint;
  readonly folder: string;
  readonly number: number;
  /** At the end of the process: nothing came after it. */
  readonly isLast: boolean;
  /** The folder once more, for somebody who changes it. */
  copy(): string;
}

/** A folder that a process works in above the shim, and what losses of power would leave of it. */
export class Powered {
  /** The disk. Whatever is in it now is safe. */
  readonly folder: string;
  /** A file that makes syncs fail while it is there: see shim.c. */
  readonly fail: string;
  readonly #own: string;
  readonly #log: string;
  readonly #disk: Disk;
  #cuts = 0;

  /** `folder`: a disk as a cut left it, to go on with; an empty one when absent. */
  constructor(folder?: string) {
    this.#own = realpathSync(mkdtempSync(path.join(tmpdir(), 'skylark-power-')));
    this.folder = folder ?? path.join(this.#own, 'disk');
    mkdirSync(this.folder, { recursive: true });
    this.fail = path.join(this.#own, 'fail');
    this.#log = path.join(this.#own, 'log');
    this.#disk = new Disk(this.folder);
  }

  /** Of the process; one only. */
  environment(shim: string): Record<string, string> {
    return shimEnvironment(shim, { folder: this.folder, log: this.#log, fail: this.fail });
  }

  /** When the process is over: `count` losses of power, at random moments of it and at its end, one after the other. */
  *cuts(count: number, random: Seeded): Iterable<Cut> {
    const records = readLog(this.#log);
    const anywhere = Array.from({ length: count - 1 }, () => momentOf(records, random));
    const moments = [...anywhere.sort((a, b) => a - b), records.length - 1];
    let at = 0;
    for (const moment of moments) {
      for (; at <= moment; at++) this.#disk.apply(records[at]!);
      const number = ++this.#cuts;
      const folder = path.join(this.#own, `cut-${number}`);
      this.#disk.cut(folder, random);
      yield {
        ...{ timeNs: records[moment]!.timeNs, folder, number, isLast: number === count },
        copy: () => this.#copy(folder),
      };
    }
  }

  /** The folder as the log has it, when the process is over and no cut was asked for. */
  whole(): string {
    for (const record of readLog(this.#log)) this.#disk.apply(record);
    const folder = path.join(this.#own, 'whole');
    this.#disk.whole(folder);
    return folder;
  }

  #copy(folder: string): string {
    const copy = `${folder}-copy`;
    rmSync(copy, { recursive: true, force: true });
    cpSync(folder, copy, { recursive: true });
    return copy;
  }

  close(): void {
    rmSync(this.#own, { recursive: true, force: true });
  }
}

/** At any record, at any time, or in the middle of a sync: there most is at stake. */
function momentOf(records: readonly LogRecord[], random: Seeded): number {
  const kind = random.below(3);
  if (kind === 0) return random.below(records.length);
  if (kind === 1) {
    const [first, last] = [Number(records[0]!.timeNs), Number(records.at(-1)!.timeNs)];
    const timeNs = first + random.next() * (last - first);
    return Math.max(
      0,
      records.findLastIndex(record => Number(record.timeNs) <= timeNs),
    );
  }
  const from = random.below(records.length);
  const sync = records.findIndex((record, i) => i >= from && record.op.startsWith('sync'));
  return Math.max(0, sync);
}
