import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Kysely } from 'kysely';
import type { Db, Migrations, Sql } from './db.ts';
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
  /** Whether one connection alone sees the database, so that reads wait for transactions. */
  readonly isAlone?: true;
  /** Where one process may hold two connections that write at the same time: another to the database that was opened last. */
  readonly reopen?: () => Promise<Db>;
}

/** What every database keeps. `open` gives an empty one. */
export function describeDb(
  name: string,
  open: () => Promise<Db>,
  { unwritable, isAlone, reopen }: DbSuiteOptions,
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

    it('shows what was written to whatever is asked after the answer, of many at a time', async () => {
      await db.migrate(cups);
      await sql.insertInto('cups').values({ id: 'a', size: 0 }).execute();
      const look = () =>
        sql.selectFrom('cups').select('size').where('id', '=', 'a').executeTakeFirstOrThrow();
      for (let size = 1; size <= 200; size++) {
        const write = (tx: Sql) => (tx as Kysely<Tables>).updateTable('cups').set({ size }).execute();
        await (size % 2 === 0 ? write(sql) : db.transaction(write));
        const seen = await Promise.all([look(), look(), look(), look()]);
        assert.deepEqual(seen, Array(4).fill({ size }));
      }
    });

    it('answers a thousand reads at once, each with its own, while others write', async () => {
      await db.migrate(cups);
      const rows = Array.from({ length: 100 }, (_, n) => ({ id: `cup ${n}`, size: n }));
      await sql.insertInto('cups').values(rows).execute();
      const writes = Array.from({ length: 20 }, (_, n) =>
        sql
          .insertInto('cups')
          .values({ id: `more ${n}`, size: n })
          .execute(),
      );
      const reads = Array.from({ length: 1000 }, (_, n) =>
        sql
          .selectFrom('cups')
          .selectAll()
          .where('id', '=', `cup ${n % 100}`)
          .execute(),
      );
      for (const [n, found] of (await Promise.all(reads)).entries()) assert.deepEqual(found, [rows[n % 100]]);
      await Promise.all(writes);
    });

    it('keeps words of every script, what is empty and what is not there, and says what fails in words', async () => {
      await db.migrate(cups);
      const ids = ['', 'ünï 今日 🎥 \u2028', "'; drop table cups; --", 'x'.repeat(200_000)];
      await sql
        .insertInto('cups')
        .values(ids.map(id => ({ id, size: -1 })))
        .execute();
      const found = await sql.selectFrom('cups').select('id').execute();
      assert.deepEqual(found.map(row => row.id).sort(), ids.toSorted());
      const { most } = await sql
        .selectFrom('cups')
        .select(eb => eb.fn.max('size').as('most'))
        .where('size', '>', 0)
        .executeTakeFirstOrThrow();
      assert.equal(most, null);
      const broken = sql
        .selectFrom('saucers' as 'cups')
        .selectAll()
        .execute();
      await assert.rejects(broken, error => error instanceof Error && /saucers/.test(error.message));
    });

    if (!isAlone)
      it('lets reads pass a transaction that is open: they see nothing of it before it committed', async () => {
        await db.migrate(cups);
        const seen = await db.transaction(async tx => {
          await tx.insertInto('cups').values({ id: 'a', size: 1 }).execute();
          return sql.selectFrom('cups').selectAll().execute();
        });
        assert.deepEqual(seen, []);
        assert.equal((await sql.selectFrom('cups').selectAll().execute()).length, 1);
      });

    it('goes on after a transaction that threw, with those who waited for it', async () => {
      await db.migrate(cups);
      const write = (id: string, fails: boolean) =>
        db.transaction(async tx => {
          await tx.insertInto('cups').values({ id, size: 1 }).execute();
          if (fails) throw new Error('spilled');
        });
      const ids = Array.from({ length: 9 }, (_, n) => `${n}`);
      const outcomes = await Promise.allSettled(ids.map((id, n) => write(id, n % 3 === 0)));
      assert.equal(outcomes.filter(outcome => outcome.status === 'rejected').length, 3);
      assert.equal((await sql.selectFrom('cups').selectAll().execute()).length, 6);
    });

    it('answers or refuses what is asked while it closes, and keeps what it said it wrote', async () => {
      await db.migrate(cups);
      const write = (id: string) => sql.insertInto('cups').values({ id, size: 1 }).execute();
      const read = () => sql.selectFrom('cups').selectAll().execute();
      await write('a');
      const asked = [
        write('b'),
        read(),
        write('c'),
        read(),
        db.transaction(tx => tx.selectFrom('cups').selectAll().execute()),
      ];
      const closing = db.close();
      const outcomes = await Promise.allSettled([...asked, closing]);
      assert.equal(outcomes.at(-1)!.status, 'fulfilled');
      await assert.rejects(read());
      await assert.rejects(write('d'));
      db = await open();
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
