// Keeps blobs and journals in the folder that it is given, and says what was acknowledged, one JSON line each. Its disk fails a
// sync now and then when it is told a file to say so by.
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openDiskBlobs } from '#adapters/blobs-disk/index.ts';
import { openDiskJournals } from '#adapters/journals-disk/index.ts';
import { Fault } from '#base/fault.ts';
import { silentLogger as log } from '#base/log.ts';
import type { JournalFile } from '#ports/journals.ts';
import { Seeded } from '../seeded.ts';
import { type Acknowledged, contentOf } from './stored.ts';

const [folder = '', rounds = '', fail = ''] = process.argv.slice(2);
const random = new Seeded(Number(rounds));
const blobs = await openDiskBlobs({ directory: path.join(folder, 'data/blobs'), log });
const journals = await openDiskJournals({ directory: path.join(folder, 'data/journals') });

for (let round = 0; round < Number(rounds); round++) {
  const where = `recordings/${round % 7}/${round % 3 === 0 ? 'video' : 'audio'}`;
  await Promise.all([
    put(`${where}/${round}.m4s`),
    put(`${where}/init-${round}.mp4`),
    journal(`${where}/${round}`),
  ]);
}

async function put(key: string): Promise<void> {
  const bytes = contentOf(key);
  for (;;) {
    try {
      await failing('writing', () => blobs.put(key, bytes));
      return acknowledge({ kind: 'blob', key, length: bytes.length });
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
    }
  }
}

/** What failed once is not written to any more. */
async function journal(key: string): Promise<void> {
  let file: JournalFile | null = null;
  const bytes = contentOf(key);
  try {
    file = await journals.create(key);
    for (let at = 0; at < bytes.length; at += 700) {
      const piece = bytes.subarray(at, at + 700);
      await failing('journals', () => file!.append(piece));
      acknowledge({ kind: 'journal', key, length: at + piece.length });
    }
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
  }
  await file?.close();
}

async function failing(what: string, work: () => Promise<void>): Promise<void> {
  if (fail && random.chance(0.1)) writeFileSync(fail, what);
  await work();
  rmSync(fail, { force: true });
}

function acknowledge(what: Omit<Acknowledged, 'timeNs'>): void {
  process.stdout.write(`${JSON.stringify({ ...what, timeNs: String(process.hrtime.bigint()) })}\n`);
}
