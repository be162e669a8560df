import type { AccountId } from '#base/ids.ts';
import type { Db, Sql, Tx } from '#ports/db.ts';
import { createSessionStore } from './store-sessions.ts';
import { createTokenStore } from './store-tokens.ts';
import { readerOf, tablesOf } from './tables.ts';
import type { Profile, Role } from './types.ts';

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

/** What somebody signs in with. */
export interface SecretOf {
  readonly accountId: AccountId;
  readonly handle: string;
  readonly email: string;
  /** Null for an account without a password. */
  readonly passwordHash: string | null;
}

/** As better-auth names a password among the ways to sign in. */
const PASSWORD_PROVIDER = 'credential';

const PROFILE = ['id', 'handle', 'display_name', 'bio', 'role', 'created_at'] as const;
interface ProfileRow {
  id: string;
  handle: string;
  display_name: string;
  bio: string;
  role: Role;
  created_at: string;
}

/** Every query of this room, each once; those for sessions and tokens stand beside. */
export function createStore(db: Db) {
  const sql = readerOf(db);
  return {
    sessions: createSessionStore(db),
    tokens: createTokenStore(db),

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
          provider: PASSWORD_PROVIDER,
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

    /** What somebody signs in with, by handle or email, both as they are stored. */
    async secretBy(column: 'handle' | 'email', login: string): Promise<SecretOf | undefined> {
      const row = await sql
        .selectFrom('accounts as account')
        .leftJoin('credentials as credential', join =>
          join
            .onRef('credential.account_id', '=', 'account.id')
            .on('credential.provider', '=', PASSWORD_PROVIDER),
        )
        .select(['account.id', 'account.handle', 'account.email', 'credential.password_hash'])
        .where(`account.${column}`, '=', login)
        .executeTakeFirst();
      return (
        row && { accountId: row.id, handle: row.handle, email: row.email, passwordHash: row.password_hash }
      );
    },

    async setPassword(to: Sql, accountId: AccountId, hash: string, nowIso: string): Promise<void> {
      await tablesOf(to)
        .updateTable('credentials')
        .set({ password_hash: hash, updated_at: nowIso })
        .where('account_id', '=', accountId)
        .where('provider', '=', PASSWORD_PROVIDER)
        .execute();
    },

    async isFounded(): Promise<boolean> {
      return (await sql.selectFrom('founding').select('id').executeTakeFirst()) !== undefined;
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
