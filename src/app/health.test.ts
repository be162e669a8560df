import assert from 'node:assert/strict';

import path from 'node:path';
import { describe, it } from 'node:test';
import Fastify from 'fastify';
import { openDiskBlobs } from '#adapters/blobs-disk/index.ts';
import { openSqlite } from '#adapters/db-sqlite/index.ts';
import { FakeClock } from '#base/fake-clock.ts';
import { silentLogger as log } from '#base/log.ts';
import type { Blobs } from '#ports/blobs.ts';
import { StorageFull } from '#ports/storage-full.ts';
import { installProblems } from '#servers/api/index.ts';
import { testCallers } from '#tests/support/callers.ts';
import { mountSmallDisk } from '#tests/support/small-disk.ts';
import { registerHealth } from './health.ts';
import { createMetrics } from './metrics.ts';
import { createStorageProbe, PROBE_MS, probeMigrations } from './storage-probe.ts';

async function start(blobs: Blobs, folder = ':memory:', probe = true) {
  const clock = new FakeClock();
  const db = await openSqlite({ file: folder === ':memory:' ? folder : path.join(folder, 'db'), log });
  if (probe) await db.migrate(probeMigrations);
  const fastify = Fastify();
  installProblems(fastify, log);
  registerHealth(fastify, {
    metrics: createMetrics(),
    callers: testCallers(),
    log,
    probe: createStorageProbe({ db, blobs, clock }),
    metricsToken: 'a-token-of-the-operator',
  });
  const ask = async (url: string, headers: Record<string, string> = {}) =>
    (await fastify.inject({ url, headers, remoteAddress: '127.0.0.1' })).statusCode;
  return { clock, ask, close: () => db.close() };
}

const none: Blobs = { put: async () => {} } as unknown as Blobs;

describe('readyz', () => {
  it('fails while nothing can be stored, and is well again afterwards', async () => {
    let isFull = false;
    let puts = 0;
    const blobs = {
      async put() {
        puts++;
        if (isFull) throw new StorageFull('the disk is full');
      },
    } as unknown as Blobs;
    const { ask, clock, close } = await start(blobs);
    assert.equal(await ask('/readyz'), 200);
    isFull = true;
    assert.deepEqual([await ask('/readyz'), puts], [200, 1], 'whoever asks more often costs nothing');
    clock.advance(PROBE_MS);
    assert.deepEqual([await ask('/readyz'), await ask('/healthz')], [507, 200]);
    isFull = false;
    clock.advance(PROBE_MS);
    assert.equal(await ask('/readyz'), 200);
    await close();
  });

  it('fails where the database takes no writes', async () => {
    const { ask, close } = await start(none, ':memory:', false);
    assert.equal(await ask('/readyz'), 507);
    await close();
  });

  it('fails on a disk that is full', async t => {
    const disk = await mountSmallDisk(4 * 1024 * 1024);
    if (!disk) return t.skip('no file system of a few megabytes can be mounted here');
    t.after(() => disk.close());
    const blobs = await openDiskBlobs({ directory: path.join(disk.directory, 'blobs'), log });
    const { ask, clock, close } = await start(blobs, disk.directory);
    assert.equal(await ask('/readyz'), 200);
    await disk.fill();
    clock.advance(PROBE_MS);
    assert.equal(await ask('/readyz'), 507);
    await disk.free();
    clock.advance(PROBE_MS);
    assert.equal(await ask('/readyz'), 200);
    await close();
  });
});

describe('metrics', () => {
  it('are for this machine past any proxy, and for who has the token', async () => {
    const { ask, close } = await start(none);
    const elsewhere = { 'x-forwarded-for': '203.0.113.9' };
    assert.equal(await ask('/metrics'), 200);
    assert.equal(await ask('/metrics', elsewhere), 404);
    assert.equal(await ask('/metrics', { ...elsewhere, authorization: 'Bearer another' }), 404);
    const token = { authorization: 'Bearer a-token-of-the-operator' };
    assert.equal(await ask('/metrics', { ...elsewhere, ...token }), 200);
    await close();
  });
});
