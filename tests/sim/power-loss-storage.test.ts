import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { openDiskBlobs } from '#adapters/blobs-disk/index.ts';
import { openDiskJournals } from '#adapters/journals-disk/index.ts';
import { silentLogger as log } from '#base/log.ts';
import { skipWithout } from '#tests/support/backend.ts';
import { type Cut, Powered } from '#tests/support/power-loss/powered.ts';
import { powerLossShim } from '#tests/support/power-loss/shim.ts';
import { type Acknowledged, contentOf } from '#tests/support/power-loss/stored.ts';
import { Seeded } from '#tests/support/seeded.ts';

const CUTS = 60;
const ROUNDS = 40;
const shim = powerLossShim();
const program = path.join(import.meta.dirname, '../support/power-loss/storage-program.ts');

describe('blobs and journals on a disk that loses power', {
  skip: skipWithout('C compiler', shim !== null),
}, () => {
  for (const fails of [false, true])
    it(`keep what was acknowledged, ${CUTS} times${fails ? ', where syncs fail now and then' : ''}`, async () => {
      const random = new Seeded(fails ? 21 : 20);
      const powered = new Powered();
      try {
        const acknowledged = await run(powered, fails);
        assert.ok(acknowledged.length > ROUNDS * 3);
        for (const cut of powered.cuts(CUTS, random)) await check(cut, acknowledged);
      } catch (cause) {
        throw new Error(`seed ${random.seed}`, { cause });
      } finally {
        powered.close();
      }
    });

  async function run(powered: Powered, fails: boolean): Promise<Acknowledged[]> {
    const args = [powered.folder, String(ROUNDS), ...(fails ? [powered.fail] : [])];
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, ...args], {
      env: { ...process.env, ...powered.environment(shim!) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [lines, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    assert.equal(code, 0);
    return lines
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as Acknowledged);
  }

  async function check({ folder, timeNs }: Cut, acknowledged: readonly Acknowledged[]): Promise<void> {
    const blobs = await openDiskBlobs({ directory: path.join(folder, 'data/blobs'), log });
    const journals = await openDiskJournals({ directory: path.join(folder, 'data/journals') });
    for (const { kind, key, length, timeNs: since } of acknowledged) {
      const isPromised = BigInt(since) <= timeNs;
      const found = await (kind === 'blob' ? blobs.get(key) : journals.read(key));
      const expected = Buffer.from(contentOf(key).subarray(0, length));
      // A blob is whole or not there; a journal may be torn behind what was acknowledged.
      if (isPromised) assert.deepEqual(found?.subarray(0, length), expected, `${kind} ${key} is lost`);
      else if (kind === 'blob' && found) assert.deepEqual(Buffer.from(found), expected, `${key} is torn`);
    }
  }
});
