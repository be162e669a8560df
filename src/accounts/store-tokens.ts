import type { AccountId } from '#base/ids.ts';
import type { Db, Tx } from '#ports/db.ts';
import { readerOf, tablesOf } from './tables.ts';

const TOKEN = ['id', 'name', 'scopes', 'created_at', 'expires_at', 'last_used_at'] as const;

export interface TokenRow {
  readonly id: string;
  readonly name: string;
  /** Separated by spaces. */
  readonly scopes: string;
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly last_used_at: string | null;
}

/** Every query for personal access tokens, each once. */
export function createTokenStore(db: Db) {
  const sql = readerOf(db);
  const withAccount = (nowIso: string) =>
    sql
      .selectFrom('personal_access_tokens as token')
      .innerJoin('accounts as account', 'account.id', 'token.account_id')
      .select([
        'account.id',
        'account.handle',
        'account.role',
        'token.id as token_id',
        'token.scopes',
        'token.expires_at',
        'token.last_used_at',
      ])
      .where(where =>
        where.or([where('token.expires_at', 'is', null), where('token.expires_at', '>', nowIso)]),
      );

  return {
    byHash: (hash: string, nowIso: string) =>
      withAccount(nowIso).where('token.token_hash', '=', hash).executeTakeFirst(),

    byId: (id: string, nowIso: string) => withAccount(nowIso).where('token.id', '=', id).executeTakeFirst(),

    async count(accountId: AccountId): Promise<number> {
      const row = await sql
        .selectFrom('personal_access_tokens')
        .select(({ fn }) => fn.countAll<number | string>().as('count'))
        .where('account_id', '=', accountId)
        .executeTakeFirst();
      return Number(row?.count ?? 0);
    },

    async insert(accountId: AccountId, row: TokenRow, hash: string): Promise<void> {
      await sql
        .insertInto('personal_access_tokens')
        .values({ ...row, account_id: accountId, token_hash: hash })
        .execute();
    },

    /** Newest first. */
    list: (accountId: AccountId): Promise<TokenRow[]> =>
      sql
        .selectFrom('personal_access_tokens')
        .select(TOKEN)
        .where('account_id', '=', accountId)
        .orderBy('id', 'desc')
        .execute(),

    async noteUse(id: string, nowIso: string): Promise<void> {
      await sql
        .updateTable('personal_access_tokens')
        .set({ last_used_at: nowIso })
        .where('id', '=', id)
        .execute();
    },

    delete: async (tx: Tx, accountId: AccountId, id: string): Promise<string[]> => {
      const rows = await tablesOf(tx)
        .deleteFrom('personal_access_tokens')
        .where('account_id', '=', accountId)
        .where('id', '=', id)
        .returning('id')
        .execute();
      return rows.map(row => row.id);
    },
  };
}
