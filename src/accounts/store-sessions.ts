import type { AccountId } from '#base/ids.ts';
import type { Db, Tx } from '#ports/db.ts';
import { readerOf, tablesOf } from './tables.ts';

const SESSION = ['id', 'ip_address', 'user_agent', 'created_at', 'last_used_at', 'expires_at'] as const;

export interface SessionRow {
  readonly id: string;
  readonly ip_address: string | null;
  readonly user_agent: string | null;
  readonly created_at: string;
  readonly last_used_at: string | null;
  readonly expires_at: string;
}

/** Every query for sign-in sessions, each once; better-auth makes them. */
export function createSessionStore(db: Db) {
  const sql = readerOf(db);
  const withAccount = () =>
    sql
      .selectFrom('sign_in_sessions as session')
      .innerJoin('accounts as account', 'account.id', 'session.account_id')
      .select([
        'account.id',
        'account.handle',
        'account.role',
        'session.id as session_id',
        'session.last_used_at',
      ]);
  const deleted = (rows: readonly { id: string }[]) => rows.map(row => row.id);

  return {
    byToken: (tokenHash: string, nowIso: string) =>
      withAccount()
        .where('session.token', '=', tokenHash)
        .where('session.expires_at', '>', nowIso)
        .executeTakeFirst(),

    byId: (id: string, nowIso: string) =>
      withAccount().where('session.id', '=', id).where('session.expires_at', '>', nowIso).executeTakeFirst(),

    /** Used last first. */
    list: (accountId: AccountId, nowIso: string): Promise<SessionRow[]> =>
      sql
        .selectFrom('sign_in_sessions')
        .select(SESSION)
        .where('account_id', '=', accountId)
        .where('expires_at', '>', nowIso)
        .orderBy('expires_at', 'desc')
        .orderBy('id', 'desc')
        .execute(),

    async renew(
      id: string,
      change: { lastUsedAt: string; expiresAt: string; place: string | undefined },
    ): Promise<void> {
      await sql
        .updateTable('sign_in_sessions')
        .set({
          last_used_at: change.lastUsedAt,
          updated_at: change.lastUsedAt,
          expires_at: change.expiresAt,
          ...(change.place === undefined ? {} : { ip_address: change.place }),
        })
        .where('id', '=', id)
        .execute();
    },

    async deleteExpired(accountId: AccountId, nowIso: string): Promise<void> {
      await sql
        .deleteFrom('sign_in_sessions')
        .where('account_id', '=', accountId)
        .where('expires_at', '<=', nowIso)
        .execute();
    },

    delete: async (tx: Tx, accountId: AccountId, id: string): Promise<string[]> =>
      deleted(
        await tablesOf(tx)
          .deleteFrom('sign_in_sessions')
          .where('account_id', '=', accountId)
          .where('id', '=', id)
          .returning('id')
          .execute(),
      ),

    /** All but one; all, when `id` is of something else. */
    deleteOthers: async (tx: Tx, accountId: AccountId, id: string | null): Promise<string[]> => {
      let query = tablesOf(tx).deleteFrom('sign_in_sessions').where('account_id', '=', accountId);
      if (id !== null) query = query.where('id', '!=', id);
      return deleted(await query.returning('id').execute());
    },

    /** All but the `kept` that were used last. */
    deleteBeyond: async (tx: Tx, accountId: AccountId, kept: number): Promise<string[]> => {
      const rows = await tablesOf(tx)
        .selectFrom('sign_in_sessions')
        .select('id')
        .where('account_id', '=', accountId)
        .orderBy('expires_at', 'desc')
        .orderBy('id', 'desc')
        .execute();
      const ids = deleted(rows.slice(kept));
      if (ids.length > 0) await tablesOf(tx).deleteFrom('sign_in_sessions').where('id', 'in', ids).execute();
      return ids;
    },
  };
}
