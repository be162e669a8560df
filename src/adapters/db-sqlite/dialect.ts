import type { DatabaseSync } from 'node:sqlite';
import {
  CompiledQuery,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type Dialect,
  type DialectAdapter,
  type Driver,
  type Kysely,
  type QueryCompiler,
  SqliteAdapter,
  SqliteDriver,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { Logger } from '#base/log.ts';
import { StatementCache } from './statements.ts';

/** A wait this long for the one connection is most likely a query outside the transaction that it belongs to. */
const LONG_WAIT_MS = 5000;

/** Kysely's SQLite dialect over `node:sqlite`. */
export class NodeSqliteDialect implements Dialect {
  readonly #database: DatabaseSync;
  readonly #log: Logger;

  constructor(database: DatabaseSync, log: Logger) {
    this.#database = database;
    this.#log = log;
  }

  createDriver(): Driver {
    return new NodeSqliteDriver(this.#database, this.#log);
  }

  createAdapter(): DialectAdapter {
    return new TransactionalDdlAdapter();
  }

  createQueryCompiler(): QueryCompiler {
    return new SqliteQueryCompiler();
  }

  // biome-ignore lint/suspicious/noExplicitAny: the type of Kysely's Dialect
  createIntrospector(db: Kysely<any>): DatabaseIntrospector {
    return new SqliteIntrospector(db);
  }
}

/** SQLite rolls schema changes back like others, so that a migration happens whole or not at all. */
class TransactionalDdlAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

class NodeSqliteDriver extends SqliteDriver {
  readonly #database: DatabaseSync;
  readonly #log: Logger;
  readonly #waiting: (() => void)[] = [];
  #taken = false;

  constructor(database: DatabaseSync, log: Logger) {
    super({ database: new StatementCache(database) });
    this.#database = database;
    this.#log = log;
  }

  /** A full disk has SQLite roll back by itself; trying again would hide why. Source: sqlite.org/lang_transaction.html */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#database.isTransaction) await super.rollbackTransaction(connection);
  }

  /** First come, first served, where Kysely's mutex wakes everybody who waits. */
  override async acquireConnection(): Promise<DatabaseConnection> {
    if (this.#taken) await this.#turn();
    this.#taken = true;
    return super.acquireConnection();
  }

  override async releaseConnection(): Promise<void> {
    await super.releaseConnection();
    const next = this.#waiting.shift();
    if (next) next();
    else this.#taken = false;
  }

  /** Takes the write lock at once: a transaction that starts by reading cannot fail with SQLITE_BUSY later. */
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }

  #turn(): Promise<void> {
    const alarm = setTimeout(() => {
      this.#log.error(
        { waitedMs: LONG_WAIT_MS },
        'a query waits for the database: is it outside its transaction?',
      );
    }, LONG_WAIT_MS);
    alarm.unref();
    return new Promise(resolve => {
      this.#waiting.push(() => {
        clearTimeout(alarm);
        resolve();
      });
    });
  }
}
