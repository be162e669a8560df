import type { Db, Sql } from '#ports/db.ts';
import type { Role } from './types.ts';

/** Columns are better-auth's fields under our names; `auth.ts` maps them. */
export type Tables = {
  accounts: {
    id: string;
    handle: string;
    email: string;
    email_verified: number;
    display_name: string;
    bio: string;
    role: Role;
    avatar_url: string | null;
    created_at: string;
    updated_at: string;
  };
  sign_in_sessions: {
    id: string;
    account_id: string;
    /** The SHA-256 of what the cookie carries. */
    token: string;
    expires_at: string;
    created_at: string;
    updated_at: string;
    ip_address: string | null;
    user_agent: string | null;
    last_used_at: string | null;
  };
  credentials: {
    id: string;
    account_id: string;
    provider: string;
    provider_account_id: string;
    password_hash: string | null;
    created_at: string;
    updated_at: string;
  };
  personal_access_tokens: {
    id: string;
    account_id: string;
    name: string;
    token_hash: string;
    /** Separated by spaces. */
    scopes: string;
    created_at: string;
    expires_at: string | null;
    last_used_at: string | null;
  };
  founding: { id: number; account_id: string };
};

export const tablesOf = (sql: Sql) => sql.withTables<Tables>();
export const readerOf = (db: Db) => tablesOf(db.sql);
