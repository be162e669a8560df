import type { Kysely } from 'kysely';
import type { Clock } from '#base/clock.ts';
import { ANSWER_LIFE_MS, ANSWER_WORK_MS_MAX, type Answers, type Begun } from '#ports/answers.ts';
import type { Db, Migrations } from '#ports/db.ts';

type Tables = {
  kept_answers: { key: string; fingerprint: string; answer: string | null; begun_at: number };
};

/** How often answers whose time is over are deleted. */
const TIDY_MS = 10 * 60_000;

const migrations: Migrations = {
  '0425-kept-answers': {
    async up(db) {
      await db.schema
        .createTable('kept_answers')
        .addColumn('key', 'text', column => column.primaryKey())
        .addColumn('fingerprint', 'text', column => column.notNull())
        .addColumn('answer', 'text')
        .addColumn('begun_at', 'bigint', column => column.notNull())
        .execute();
      await db.schema.createIndex('kept_answers_by_age').on('kept_answers').column('begun_at').execute();
    },
  },
};

export function createDbAnswers({ db, clock }: { db: Db; clock: Clock }): Answers & {
  readonly migrations: Migrations;
} {
  const sql: Kysely<Tables> = db.sql.withTables<Tables>();
  let tidiedMs = clock.nowMs();

  async function tidy(nowMs: number): Promise<void> {
    if (nowMs - tidiedMs < TIDY_MS) return;
    tidiedMs = nowMs;
    await sql
      .deleteFrom('kept_answers')
      .where('begun_at', '<=', nowMs - ANSWER_LIFE_MS)
      .execute();
  }

  /** Whether the row was still as it was seen, and is the caller's now. */
  async function takeOver(key: string, fingerprint: string, begunMs: number, nowMs: number) {
    const taken = await sql
      .updateTable('kept_answers')
      .set({ fingerprint, answer: null, begun_at: nowMs })
      .where('key', '=', key)
      .where('begun_at', '=', begunMs)
      .returning('key')
      .executeTakeFirst();
    return taken !== undefined;
  }

  return {
    migrations,
    async begin(key, fingerprint): Promise<Begun> {
      const nowMs = clock.nowMs();
      await tidy(nowMs);
      const inserted = await sql
        .insertInto('kept_answers')
        .values({ key, fingerprint, answer: null, begun_at: nowMs })
        .onConflict(conflict => conflict.column('key').doNothing())
        .returning('key')
        .executeTakeFirst();
      if (inserted) return { state: 'new' };
      const row = await sql.selectFrom('kept_answers').selectAll().where('key', '=', key).executeTakeFirst();
      // Given up between the two: whoever asks again finds it free.
      if (!row) return { state: 'working', fingerprint };
      const lifeMs = row.answer === null ? ANSWER_WORK_MS_MAX : ANSWER_LIFE_MS;
      const isOver = nowMs - row.begun_at >= lifeMs;
      if (isOver && (await takeOver(key, fingerprint, row.begun_at, nowMs))) return { state: 'new' };
      return row.answer === null || isOver
        ? { state: 'working', fingerprint: row.fingerprint }
        : { state: 'answered', fingerprint: row.fingerprint, answer: row.answer };
    },
    async finish(key, answer) {
      await sql.updateTable('kept_answers').set({ answer }).where('key', '=', key).execute();
    },
    async giveUp(key) {
      await sql.deleteFrom('kept_answers').where('key', '=', key).where('answer', 'is', null).execute();
    },
  };
}
