import type { AccountId } from '#base/ids.ts';
import type { Db, Tx } from '#ports/db.ts';
import { readerOf, tablesOf } from './tables.ts';
import type { Profile, Role, Viewer } from './types.ts';

export interface NewAccount {
  readonly id: AccountId;
  readonly credentialId: string;
  readonly handle: string;
  readonly email: string;
  readonly displayName: string;
  readonly passwordHash: string;
  /** RFC 3339. */
  readonly createdAt: string;
}

const PROFILE = ['id', 'handle', 'display_name', 'bio', 'role', 'created_at'] as const;
interface ProfileRow {
  id: string;
  handle: string;
  display_name: string;
  bio: string;
  role: Role;
  created_at: string;
}

/** Every query of this room, each once. */
export function createStore(db: Db) {
  const sql = readerOf(db);
  return {
    async insertAccount(tx: Tx, account: NewAccount): Promise<void> {
      const { id, createdAt } = account;
      const times = { created_at: createdAt, updated_at: createdAt };
      await tablesOf(tx)
        .insertInto('accounts')
        .values({
          id,
          handle: account.handle,
          email: account.email,
          email_verified: 0,
          display_name: account.displayName,
          bio: '',
          role: 'member',
          ...times,
        })
        .execute();
      await tablesOf(tx)
        .insertInto('credentials')
        .values({
          id: account.credentialId,
          account_id: id,
          provider: 'credential',
          provider_account_id: id,
          password_hash: account.passwordHash,
          ...times,
        })
        .execute();
    },

    /** Makes the account the operator if nobody founded the installation yet; racers wait on the one row. */
    async found(tx: Tx, id: AccountId): Promise<void> {
      const claimed = await tablesOf(tx)
        .insertInto('founding')
        .values({ id: 1, account_id: id })
        .onConflict(conflict => conflict.column('id').doNothing())
        .returning('id')
        .executeTakeFirst();
      if (!claimed) return;
      await tablesOf(tx).updateTable('accounts').set({ role: 'operator' }).where('id', '=', id).execute();
    },

    /** Which of the two is in use. */
    async taken(handle: string, email: string): Promise<{ handle: boolean; email: boolean }> {
      const rows = await sql
        .selectFrom('accounts')
        .select(['handle', 'email'])
        .where(where => where.or([where('handle', '=', handle), where('email', '=', email)]))
        .execute();
      return {
        handle: rows.some(row => row.handle === handle),
        email: rows.some(row => row.email === email),
      };
    },

    async emailOf(handle: string): Promise<string | undefined> {
      const row = await sql
        .selectFrom('accounts')
        .select('email')
        .where('handle', '=', handle)
        .executeTakeFirst();
      return row?.email;
    },

    profileByHandle: async (handle: string): Promise<Profile | undefined> =>
      profileOf(
        await sql.selectFrom('accounts').select(PROFILE).where('handle', '=', handle).executeTakeFirst(),
      ),

    profileById: async (id: AccountId): Promise<Profile | undefined> =>
      profileOf(await sql.selectFrom('accounts').select(PROFILE).where('id', '=', id).executeTakeFirst()),

    /** Newest first, older than `beforeId` when it is given. */
    async profiles(beforeId: string | undefined, limit: number): Promise<Profile[]> {
      let query = sql.selectFrom('accounts').select(PROFILE).orderBy('id', 'desc').limit(limit);
      if (beforeId !== undefined) query = query.where('id', '<', beforeId);
      return (await query.execute()).map(row => profileOf(row)!);
    },

    summaries: (ids: readonly string[]) =>
      sql.selectFrom('accounts').select(['id', 'handle', 'display_name']).where('id', 'in', ids).execute(),

    async updateProfile(
      id: AccountId,
      change: { displayName?: string; bio?: string },
      nowIso: string,
    ): Promise<void> {
      await sql
        .updateTable('accounts')
        .set({
          updated_at: nowIso,
          ...(change.displayName === undefined ? {} : { display_name: change.displayName }),
          ...(change.bio === undefined ? {} : { bio: change.bio }),
        })
        .where('id', '=', id)
        .execute();
    },

    async setRole(id: AccountId, role: Role, nowIso: string): Promise<void> {
      await sql.updateTable('accounts').set({ role, updated_at: nowIso }).where('id', '=', id).execute();
    },

    async viewerBySession(token: string, nowIso: string): Promise<Viewer | null> {
      const row = await sql
        .selectFrom('sign_in_sessions as session')
        .innerJoin('accounts as account', 'account.id', 'session.account_id')
        .select(['account.id', 'account.handle', 'account.role'])
        .where('session.token', '=', token)
        .where('session.expires_at', '>', nowIso)
        .executeTakeFirst();
      return row ?? null;
    },

    async viewerByTokenHash(tokenHash: string): Promise<Viewer | null> {
      const row = await sql
        .selectFrom('personal_access_tokens as token')
        .innerJoin('accounts as account', 'account.id', 'token.account_id')
        .select(['account.id', 'account.handle', 'account.role'])
        .where('token.token_hash', '=', tokenHash)
        .executeTakeFirst();
      return row ?? null;
    },

    async deleteExpiredSessions(accountId: AccountId, nowIso: string): Promise<void> {
      await sql
        .deleteFrom('sign_in_sessions')
        .where('account_id', '=', accountId)
        .where('expires_at', '<=', nowIso)
        .execute();
    },

    async insertToken(token: {
      id: string;
      accountId: AccountId;
      name: string;
      hash: string;
      createdAt: string;
    }): Promise<void> {
      await sql
        .insertInto('personal_access_tokens')
        .values({
          id: token.id,
          account_id: token.accountId,
          name: token.name,
          token_hash: token.hash,
          created_at: token.createdAt,
        })
        .execute();
    },
  };
}

export type Store = ReturnType<typeof createStore>;

function profileOf(row: ProfileRow): Profile;
function profileOf(row: ProfileRow | undefined): Profile | undefined;
function profileOf(row: ProfileRow | undefined): Profile | undefined {
  return (
    row && {
      id: row.id,
      handle: row.handle,
      displayName: row.display_name,
      bio: row.bio,
      role: row.role,
      createdAt: row.created_at,
    }
  );
}
