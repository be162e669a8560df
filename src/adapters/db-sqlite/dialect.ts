import {
  CompiledQuery,
  type DatabaseConnection,
  type DatabaseIntrospector,
  type Dialect,
  type DialectAdapter,
  type Driver,
  type Kysely,
  type QueryCompiler,
  type QueryResult,
  SelectQueryNode,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { DatabaseLocked } from '#ports/database-locked.ts';
import type { DatabaseThread } from './thread.ts';
import type { Turns } from './turns.ts';

export interface Threads {
  readonly writer: DatabaseThread;
  /** None for a database in memory, which one connection alone sees. */
  readonly readers: readonly DatabaseThread[];
  readonly turns: Turns;
}

/** Takes its turn like everybody: what was begun before is finished. The writer goes last and empties the log. */
export async function closeThreads({ readers, writer, turns }: Threads): Promise<void> {
  await turns.take();
  await Promise.all(readers.map(reader => reader.close()));
  await writer.close();
  turns.pass();
}

/** Kysely's SQLite dialect over threads. */
export class ThreadsDialect implements Dialect {
  readonly #threads: Threads;

  constructor(threads: Threads) {
    this.#threads = threads;
  }

  createDriver(): Driver {
    return new ThreadsDriver(this.#threads);
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

class ThreadsDriver implements Driver {
  readonly #threads: Threads;

  constructor(threads: Threads) {
    this.#threads = threads;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<ThreadsConnection> {
    return new ThreadsConnection(this.#threads);
  }

  beginTransaction(connection: ThreadsConnection): Promise<void> {
    return connection.begin();
  }

  async commitTransaction(connection: ThreadsConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('commit'));
  }

  rollbackTransaction(): Promise<void> {
    return this.#threads.writer.rollback();
  }

  async releaseConnection(connection: ThreadsConnection): Promise<void> {
    connection.release();
  }

  /** Kysely does not call it unless something was asked: `closeThreads` stands for it. */
  async destroy(): Promise<void> {}
}

/** What Kysely runs one query or one transaction on; a place in the writer's line is taken when it writes. */
class ThreadsConnection implements DatabaseConnection {
  readonly #threads: Threads;
  #hasTurn = false;

  constructor(threads: Threads) {
    this.#threads = threads;
  }

  async executeQuery<R>(compiled: CompiledQuery): Promise<QueryResult<R>> {
    if (this.#hasTurn) return this.#run(this.#threads.writer, compiled);
    const reader = SelectQueryNode.is(compiled.query) ? leastBusy(this.#threads.readers) : undefined;
    if (reader) return this.#run(reader, compiled);
    await this.#takeTurn();
    try {
      return await this.#run(this.#threads.writer, compiled);
    } finally {
      this.release();
    }
  }

  // biome-ignore lint/correctness/useYield: rows come as one list; who wants many asks for pages
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('SQLite in threads does not stream: ask for pages');
  }

  /** Takes the write lock at once: a transaction that starts by reading cannot fail with SQLITE_BUSY later. */
  async begin(): Promise<void> {
    await this.#takeTurn();
    await this.executeQuery(CompiledQuery.raw('begin immediate'));
  }

  release(): void {
    if (!this.#hasTurn) return;
    this.#hasTurn = false;
    this.#threads.turns.pass();
  }

  async #takeTurn(): Promise<void> {
    await this.#threads.turns.take();
    this.#hasTurn = true;
  }

  async #run<R>(thread: DatabaseThread, { sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    try {
      const { rows, changes, lastId } = await thread.query(sql, parameters);
      if (changes === undefined || lastId === undefined) return { rows: rows as R[] };
      return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastId) };
    } catch (cause) {
      if (cause instanceof DatabaseLocked && this.#hasTurn) this.#threads.turns.refuseWaiting(cause);
      throw cause;
    }
  }
}

function leastBusy(threads: readonly DatabaseThread[]): DatabaseThread | undefined {
  return threads.reduce<DatabaseThread | undefined>(
    (best, thread) => (best && best.waiting <= thread.waiting ? best : thread),
    undefined,
  );
}
