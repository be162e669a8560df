import type { Kysely, Migration, Transaction } from 'kysely';

/** Which SQL an adapter speaks, as flags that a store may read. */
export interface DbDialect {
  readonly name: 'sqlite' | 'postgres';
  /** Whether `FOR UPDATE SKIP LOCKED` exists. */
  readonly skipLocked: boolean;
}

// biome-ignore lint/suspicious/noExplicitAny: tables are typed per domain with `withTables`
export type AnyTables = any;

/**
 * The database. `sql` is untyped here; a store narrows it once with `db.sql.withTables<ItsTables>()`.
 * Booleans are stored as 0/1 integers, times as integer milliseconds since the epoch (`bigint` columns, read as numbers),
 * JSON as text, so that both dialects read the same values.
 */
export interface Db {
  readonly sql: Kysely<AnyTables>;
  readonly dialect: DbDialect;
  /**
   * Runs `work` in one transaction; a throw rolls back and is rethrown. Whatever is written, also outside one, throws
   * `StorageFull` when the database takes nothing more, and `DatabaseLocked` when another program holds it. What is asked
   * after a write was answered sees it. Inside, ask only `tx`: on SQLite one writes at a time, so that a write through
   * `sql` would wait for the transaction that waits for it, and a read would not see what the transaction wrote.
   */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Runs every migration that has not run yet, in the order of their names. Safe when two nodes start at once. */
  migrate(migrations: Migrations): Promise<void>;
  /**
   * Whether `error` is the database's refusal of a second row with the same key. PostgreSQL gives the transaction up
   * with it, so inside one either throw on, or avoid the question with `on conflict`.
   */
  isUniqueViolation(error: unknown): boolean;
  close(): Promise<void>;
}

/** A running transaction; also `withTables`-able. */
export type Tx = Transaction<AnyTables>;

/** Migrations by name; names sort in the order they must run: `0001-accounts`. */
export type Migrations = Readonly<Record<string, Migration>>;

/** Either the database or a running transaction: what a store's query methods take. */
export type Sql = Kysely<AnyTables> | Tx;
