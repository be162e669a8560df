import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, beforeEach, describe, it } from 'node:test';
import { openSqlite } from '#adapters/db-sqlite/index.ts';
import { silentLogger as log } from '#base/log.ts';
import type { Migrations } from '#ports/db.ts';
import { readConfig } from './config.ts';
import { checkFolder, FolderMismatch, refuseLostDatabase } from './folder-check.ts';
import { keepSecret, readSecret } from './secret.ts';

const migrations: Migrations = { '0001-a': { async up() {} }, '0101-b': { async up() {} } };

describe('a data folder', () => {
  let root: string;
  let folder: string;
  let count = 0;
  before(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'skylark-folder-'));
  });
  after(() => rm(root, { recursive: true, force: true }));
  beforeEach(async () => {
    folder = path.join(root, String(count++));
    await mkdir(folder);
  });
  const config = () => readConfig({ SKYLARK_DATA: folder });

  /** What a start does with it; whether its database was new. */
  async function start(known = migrations): Promise<boolean> {
    await refuseLostDatabase(config());
    const kept = await readSecret(folder);
    const db = await openSqlite({ file: path.join(folder, 'skylark.db'), log });
    try {
      const isNew = await checkFolder(config(), db, known);
      await db.migrate(known);
      if (!kept) await keepSecret(folder, 'a secret that is long enough for everybody');
      return isNew;
    } finally {
      await db.close();
    }
  }

  const refusal = (pattern: RegExp) => (error: unknown) =>
    error instanceof FolderMismatch && pattern.test(error.message);

  it('that is empty is new once, and known from then on', async () => {
    assert.equal(await start(), true);
    assert.equal(await start(), false);
    assert.equal(await start({ ...migrations, '0102-c': { async up() {} } }), false);
  });

  it('whose database is gone, or empty, is refused and stays as it is', async () => {
    await start();
    const secret = await readFile(path.join(folder, 'secret'), 'utf8');
    for (const name of ['skylark.db', 'skylark.db-wal', 'skylark.db-shm'])
      await rm(path.join(folder, name), { force: true });
    await assert.rejects(start(), refusal(/holds a secret, but its database \(skylark\.db\) is missing/));
    assert.ok(!existsSync(path.join(folder, 'skylark.db')));
    await writeFile(path.join(folder, 'skylark.db'), '');
    await assert.rejects(start(), refusal(/missing or empty/));
    assert.equal(await readFile(path.join(folder, 'secret'), 'utf8'), secret);
  });

  it('with a database that nothing was ever written to, beside what somebody kept, is refused', async () => {
    const db = await openSqlite({ file: path.join(folder, 'skylark.db'), log });
    await db.migrate({});
    await db.close();
    await mkdir(path.join(folder, 'blobs/data/recordings'), { recursive: true });
    await assert.rejects(start(), refusal(/holds recordings, but/));
  });

  it('of recordings alone is refused', async () => {
    await mkdir(path.join(folder, 'journals/recordings'), { recursive: true });
    await assert.rejects(start(), refusal(/holds recordings, but/));
  });

  it('that a newer program migrated is refused, with what it has more', async () => {
    await start({ ...migrations, '0999-of-tomorrow': { async up() {} } });
    await assert.rejects(start(), refusal(/newer Skylark: it has "0999-of-tomorrow"/));
  });

  it('whose first start died before the secret was kept is started again', async () => {
    const db = await openSqlite({ file: path.join(folder, 'skylark.db'), log });
    await db.migrate({ '0001-a': migrations['0001-a']! });
    await db.close();
    await writeFile(path.join(folder, 'secret.new'), 'half');
    assert.equal(await start(), false);
    assert.equal(await start(), false);
  });

  it('with a damaged secret is refused', async () => {
    await start();
    await truncate(path.join(folder, 'secret'), 3);
    await assert.rejects(start(), refusal(/secret is damaged/));
  });

  it('that is refused ends the program with one sentence', async () => {
    await writeFile(path.join(folder, 'secret'), 'the secret of a database that is somewhere else');
    const main = path.join(import.meta.dirname, 'main.ts');
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main], {
      env: { ...process.env, SKYLARK_DATA: folder, SKYLARK_PORT: '0', SKYLARK_RTC_PORT: '0' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [[code], said] = await Promise.all([once(child, 'exit'), text(child.stderr)]);
    assert.equal(code, 1);
    assert.match(said, /^skylark: the data folder .* holds a secret, but .*\n$/);
  });
});
