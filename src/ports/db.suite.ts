import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Kysely } from 'kysely';
import type { Db, Migrations } from './db.ts';
import { StorageFull } from './storage-full.ts';

interface Tables {
  cups: { id: string; size: number };
}

const cups: Migrations = {
  '9001-cups': {
    async up(db) {
      await db.schema
        .createTable('cups')
        .addColumn('id', 'text', column => column.primaryKey())
        .addColumn('size', 'bigint', column => column.notNull())
        .execute();
    },
  },
};

export interface DbSuiteOptions {
  /** Makes the database take nothing more, in each of these ways; what it gives ends that. */
  readonly unwritable: Readonly<Record<string, (db: Db) => Promise<() => Promise<void>>>>;
  /** Where one process may hold two connections that write at the same time: another to the database that was opened last. */
  readonly reopen?: () => Promise<Db>;
}

/** What every database keeps. `open` gives an empty one. */
export function describeDb(
  name: string,
  open: () => Promise<Db>,
  { unwritable, reopen }: DbSuiteOptions,
): void {
  describe(`db: ${name}`, () => {
    let db: Db;
    let sql: Kysely<Tables>;
    beforeEach(async () => {
      db = await open();
      sql = db.sql;
    });
    afterEach(() => db.close());

    it('reads a large integer, a count and a sum as numbers in plain objects', async () => {
      await db.migrate(cups);
      const size = 1_767_225_600_123;
      await sql
        .insertInto('cups')
        .values([
          { id: 'a', size },
          { id: 'b', size: 1 },
        ])
        .execute();
      assert.deepEqual(await sql.selectFrom('cups').selectAll().where('id', '=', 'a').execute(), [
        { id: 'a', size },
      ]);
      const row = await sql
        .selectFrom('cups')
        .select(eb => [eb.fn.countAll().as('count'), eb.fn.sum('size').as('sum')])
        .executeTakeFirstOrThrow();
      assert.deepEqual(row, { count: 2, sum: size + 1 });
    });

    it('tells how many rows a statement changed, and returns the rows it wrote', async () => {
      await db.migrate(cups);
      const written = await sql
        .insertInto('cups')
        .values([
          { id: 'a', size: 1 },
          { id: 'b', size: 2 },
        ])
        .returning('id')
        .execute();
      assert.deepEqual(written.map(row => row.id).sort(), ['a', 'b']);
      const again = await sql
        .insertInto('cups')
        .values([
          { id: 'b', size: 3 },
          { id: 'c', size: 3 },
        ])
        .onConflict(conflict => conflict.doNothing())
        .executeTakeFirst();
      assert.equal(again.numInsertedOrUpdatedRows, 1n);
      const updated = await sql.updateTable('cups').set({ size: 9 }).where('size', '>', 1).executeTakeFirst();
      assert.equal(updated.numUpdatedRows, 2n);
    });

    it('keeps nothing of a transaction that throws, and rethrows', async () => {
      await db.migrate(cups);
      const spilled = new Error('spilled');
      const work = db.transaction(async tx => {
        await tx.insertInto('cups').values({ id: 'a', size: 1 }).execute();
        throw spilled;
      });
      await assert.rejects(work, error => error === spilled);
      assert.deepEqual(await sql.selectFrom('cups').selectAll().execute(), []);
    });

    it('loses no update of transactions that run at the same time', async () => {
      await db.migrate(cups);
      await sql.insertInto('cups').values({ id: 'a', size: 0 }).execute();
      const pour = () =>
        db.transaction(tx =>
          (tx as Kysely<Tables>)
            .updateTable('cups')
            .set(eb => ({ size: eb('size', '+', 1) }))
            .where('id', '=', 'a')
            .execute(),
        );
      await Promise.all(Array.from({ length: 20 }, pour));
      assert.equal((await sql.selectFrom('cups').select('size').executeTakeFirstOrThrow()).size, 20);
    });

    it('tells a second row of one key from other errors', async () => {
      await db.migrate(cups);
      const insert = () => sql.insertInto('cups').values({ id: 'a', size: 1 }).execute();
      await insert();
      await assert.rejects(insert, error => db.isUniqueViolation(error));
      const missing = sql
        .insertInto('cups')
        .values({ id: 'b' } as Tables['cups'])
        .execute();
      await assert.rejects(missing, error => !db.isUniqueViolation(error));
      assert.equal(db.isUniqueViolation(new Error('other')), false);
    });

    it('runs each migration once, in the order of names, and rooms one after the other', async () => {
      const ran: string[] = [];
      const step = (key: string): Migrations => ({
        [key]: {
          async up() {
            ran.push(key);
          },
        },
      });
      await db.migrate({ ...step('9003-c'), ...step('9002-b') });
      await db.migrate({ ...step('9001-a') });
      await db.migrate({ ...step('9003-c'), ...step('9002-b'), ...step('9001-a') });
      assert.deepEqual(ran, ['9002-b', '9003-c', '9001-a']);
    });

    it('takes nothing of a migration that fails, names the cause, and runs it again', async () => {
      const broken: Migrations = {
        '9001-cups': {
          async up(tx) {
            await cups['9001-cups']!.up(tx);
            throw new Error('dropped');
          },
        },
      };
      await assert.rejects(db.migrate(broken), error => (error as Error).cause instanceof Error);
      await db.migrate(cups);
      assert.deepEqual(await sql.selectFrom('cups').selectAll().execute(), []);
    });

    for (const [how, refuse] of Object.entries(unwritable))
      it(`says that nothing more can be saved when it is ${how}, answers what it has, and goes on after that`, async () => {
        await db.migrate(cups);
        await sql.insertInto('cups').values({ id: 'a', size: 1 }).execute();
        const fill = (id: string) =>
          db.transaction(async tx => {
            await tx.insertInto('cups').values({ id, size: 2 }).execute();
            await tx
              .insertInto('cups')
              .values({ id: id + 'x'.repeat(1_000_000), size: 2 })
              .execute();
          });
        const allow = await refuse(db);
        await assert.rejects(
          fill('b'),
          error => error instanceof StorageFull && /disk|write/.test(error.message),
        );
        const kept = sql.selectFrom('cups').select('id');
        assert.deepEqual(await kept.execute(), [{ id: 'a' }]);
        await allow();
        await sql.insertInto('cups').values({ id: 'c', size: 3 }).execute();
        assert.deepEqual(await kept.orderBy('id').execute(), [{ id: 'a' }, { id: 'c' }]);
      });

    if (!reopen) return;

    it('migrates once when two nodes start at the same time', async () => {
      const other = await reopen();
      try {
        await Promise.all([db.migrate(cups), other.migrate(cups)]);
        await other.sql.insertInto('cups').values({ id: 'a', size: 1 }).execute();
        assert.equal((await sql.selectFrom('cups').selectAll().execute()).length, 1);
      } finally {
        await other.close();
      }
    });
  });
}
