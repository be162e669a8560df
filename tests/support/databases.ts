import { after, describe } from 'node:test';
import { openPostgres } from '#adapters/db-postgres/index.ts';
import { openSqlite } from '#adapters/db-sqlite/index.ts';
import { silentLogger } from '#base/log.ts';
import type { Db } from '#ports/db.ts';
import { skipWithout } from './backend.ts';
import { startPostgres } from './postgres.ts';

/** Opens a database of its own, empty, that goes when the suite ends. */
export type OpenDb = () => Promise<Db>;

const log = silentLogger;

/** Runs one body of tests on SQLite and on a real PostgreSQL. To be awaited at the top of a test file. */
export async function onEveryDatabase(name: string, body: (open: OpenDb) => void): Promise<void> {
  describe(`${name} on SQLite`, () => body(() => openSqlite({ file: ':memory:', log })));
  const keep = await startPostgres();
  describe(`${name} on PostgreSQL`, { skip: skipWithout('postgresql', keep !== null) }, () => {
    after(() => keep?.stop());
    body(openFreshPostgres);
  });
}

async function openFreshPostgres(): Promise<Db> {
  const database = (await startPostgres())!;
  const db = await openPostgres({ url: database.url, log, poolMax: 5 });
  return {
    ...db,
    async close() {
      await db.close();
      await database.stop();
    },
  };
}
