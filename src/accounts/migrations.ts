import { type Kysely, sql } from 'kysely';
import type { Clock } from '#base/clock.ts';
import { usualScopes } from '#contract/scopes.ts';
import type { AnyTables, Migrations } from '#ports/db.ts';
import { hashToken } from './secrets.ts';
import { SESSION_IDLE_DAYS } from './sessions.ts';

type Schema = Kysely<AnyTables>['schema'];

/** Every column that better-auth's models have, under our names; a test holds the two together. */
export const createMigrations = (clock: Clock): Migrations => ({
  '0001-accounts': {
    async up({ schema }: Kysely<AnyTables>) {
      await createAccounts(schema);
      await createSessions(schema);
      await createCredentials(schema);
      await createVerifications(schema);
      await createTokens(schema);
      await createFounding(schema);
    },
  },
  '0002-credentials': {
    async up(db: Kysely<AnyTables>) {
      await db.schema.alterTable('sign_in_sessions').addColumn('last_used_at', 'text').execute();
      await hashSessions(db, clock.nowMs());
      await addTokenColumns(db.schema);
    },
  },
});

/** Sessions of before keep working: their cookies carry the token, of which the database keeps the hash from now on. */
async function hashSessions(db: Kysely<AnyTables>, nowMs: number): Promise<void> {
  const end = new Date(nowMs + SESSION_IDLE_DAYS * 24 * 3600_000).toISOString();
  for (let after = ''; ; ) {
    const rows: { id: string; token: string; expires_at: string; created_at: string }[] = await db
      .selectFrom('sign_in_sessions')
      .select(['id', 'token', 'expires_at', 'created_at'])
      .where('id', '>', after)
      .orderBy('id')
      .limit(1000)
      .execute();
    for (const row of rows)
      await db
        .updateTable('sign_in_sessions')
        .set({
          token: await hashToken(row.token),
          last_used_at: row.created_at,
          expires_at: [row.expires_at, end].sort()[0],
        })
        .where('id', '=', row.id)
        .execute();
    if (rows.length === 0) return;
    after = rows.at(-1)!.id;
  }
}

/** Tokens of before may do what they could, but not what could lock their owner out. */
async function addTokenColumns(schema: Schema): Promise<void> {
  const change = () => schema.alterTable('personal_access_tokens');
  await change()
    .addColumn('scopes', 'text', column => column.notNull().defaultTo(usualScopes.join(' ')))
    .execute();
  await change().addColumn('expires_at', 'text').execute();
  await change().addColumn('last_used_at', 'text').execute();
}

async function createAccounts(schema: Schema): Promise<void> {
  await schema
    .createTable('accounts')
    .addColumn('id', 'text', column => column.primaryKey())
    .addColumn('handle', 'text', column => column.notNull().unique())
    .addColumn('email', 'text', column => column.notNull().unique())
    .addColumn('email_verified', 'integer', column => column.notNull().defaultTo(0))
    .addColumn('display_name', 'text', column => column.notNull())
    .addColumn('bio', 'text', column => column.notNull().defaultTo(''))
    .addColumn('role', 'text', column => column.notNull().defaultTo('member'))
    .addColumn('avatar_url', 'text')
    .addColumn('created_at', 'text', column => column.notNull())
    .addColumn('updated_at', 'text', column => column.notNull())
    .execute();
}

async function createSessions(schema: Schema): Promise<void> {
  await schema
    .createTable('sign_in_sessions')
    .addColumn('id', 'text', column => column.primaryKey())
    .addColumn('account_id', 'text', column => column.notNull().references('accounts.id').onDelete('cascade'))
    .addColumn('token', 'text', column => column.notNull().unique())
    .addColumn('expires_at', 'text', column => column.notNull())
    .addColumn('created_at', 'text', column => column.notNull())
    .addColumn('updated_at', 'text', column => column.notNull())
    .addColumn('ip_address', 'text')
    .addColumn('user_agent', 'text')
    .execute();
  await schema
    .createIndex('sign_in_sessions_by_account')
    .on('sign_in_sessions')
    .column('account_id')
    .execute();
}

async function createCredentials(schema: Schema): Promise<void> {
  await schema
    .createTable('credentials')
    .addColumn('id', 'text', column => column.primaryKey())
    .addColumn('account_id', 'text', column => column.notNull().references('accounts.id').onDelete('cascade'))
    .addColumn('provider', 'text', column => column.notNull())
    .addColumn('provider_account_id', 'text', column => column.notNull())
    .addColumn('password_hash', 'text')
    .addColumn('access_token', 'text')
    .addColumn('refresh_token', 'text')
    .addColumn('id_token', 'text')
    .addColumn('access_token_expires_at', 'text')
    .addColumn('refresh_token_expires_at', 'text')
    .addColumn('scope', 'text')
    .addColumn('created_at', 'text', column => column.notNull())
    .addColumn('updated_at', 'text', column => column.notNull())
    .addUniqueConstraint('credentials_provider_key', ['provider', 'provider_account_id'])
    .execute();
  await schema.createIndex('credentials_by_account').on('credentials').column('account_id').execute();
}

async function createVerifications(schema: Schema): Promise<void> {
  await schema
    .createTable('verifications')
    .addColumn('id', 'text', column => column.primaryKey())
    .addColumn('identifier', 'text', column => column.notNull())
    .addColumn('value', 'text', column => column.notNull())
    .addColumn('expires_at', 'text', column => column.notNull())
    .addColumn('created_at', 'text', column => column.notNull())
    .addColumn('updated_at', 'text', column => column.notNull())
    .execute();
  await schema.createIndex('verifications_by_identifier').on('verifications').column('identifier').execute();
}

async function createTokens(schema: Schema): Promise<void> {
  await schema
    .createTable('personal_access_tokens')
    .addColumn('id', 'text', column => column.primaryKey())
    .addColumn('account_id', 'text', column => column.notNull().references('accounts.id').onDelete('cascade'))
    .addColumn('name', 'text', column => column.notNull())
    .addColumn('token_hash', 'text', column => column.notNull().unique())
    .addColumn('created_at', 'text', column => column.notNull())
    .execute();
  await schema
    .createIndex('personal_access_tokens_by_account')
    .on('personal_access_tokens')
    .column('account_id')
    .execute();
}

/** At most one row: whoever inserts it founded the installation. */
async function createFounding(schema: Schema): Promise<void> {
  await schema
    .createTable('founding')
    .addColumn('id', 'integer', column => column.primaryKey().check(sql`id = 1`))
    .addColumn('account_id', 'text', column => column.notNull().references('accounts.id'))
    .execute();
}
