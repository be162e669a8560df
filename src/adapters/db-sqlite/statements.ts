import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { SqliteDatabase, SqliteStatement } from 'kysely';
import { writing } from './faults.ts';

const STATEMENTS_MAX = 256;

/** What Kysely's SQLite driver asks of a database, answered by `node:sqlite`. Keeps the statements used last prepared. */
export class StatementCache implements SqliteDatabase {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, NodeStatement>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  prepare(sql: string): SqliteStatement {
    const statement = this.#statements.get(sql) ?? new NodeStatement(this.#database.prepare(sql));
    this.#statements.delete(sql);
    this.#statements.set(sql, statement);
    if (this.#statements.size > STATEMENTS_MAX)
      this.#statements.delete(this.#statements.keys().next().value!);
    return statement;
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }
}

class NodeStatement implements SqliteStatement {
  readonly reader: boolean;
  readonly #statement: StatementSync;

  constructor(statement: StatementSync) {
    this.#statement = statement;
    this.reader = statement.columns().length > 0;
  }

  /** Rows are copied into plain objects: those of `node:sqlite` have no prototype, those of `pg` do. */
  all(parameters: readonly unknown[]): unknown[] {
    const rows = writing(() => this.#statement.all(...values(parameters)));
    return rows.map(row => ({ ...row }));
  }

  run(parameters: readonly unknown[]): { changes: number | bigint; lastInsertRowid: number | bigint } {
    return writing(() => this.#statement.run(...values(parameters)));
  }

  *iterate(parameters: readonly unknown[]): IterableIterator<unknown> {
    for (const row of this.#statement.iterate(...values(parameters))) yield { ...row };
  }
}

/** Kysely passes parameters as unknown; SQLite refuses by itself what it cannot store. */
function values(parameters: readonly unknown[]): SQLInputValue[] {
  return parameters as SQLInputValue[];
}
