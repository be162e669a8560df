import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { Outcome } from './messages.ts';

const STATEMENTS_MAX = 256;

interface Prepared {
  readonly statement: StatementSync;
  readonly givesRows: boolean;
}

/** Runs statements and keeps those used last prepared. */
export class StatementCache {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, Prepared>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** SQLite refuses by itself what it cannot store. */
  run(sql: string, parameters: readonly unknown[]): Outcome {
    const { statement, givesRows } = this.#prepare(sql);
    const values = parameters as SQLInputValue[];
    if (givesRows) return { rows: statement.all(...values) };
    const { changes, lastInsertRowid } = statement.run(...values);
    return { rows: [], changes, lastId: lastInsertRowid };
  }

  #prepare(sql: string): Prepared {
    const prepared = this.#prepared.get(sql) ?? this.#made(sql);
    this.#prepared.delete(sql);
    this.#prepared.set(sql, prepared);
    if (this.#prepared.size > STATEMENTS_MAX) this.#prepared.delete(this.#prepared.keys().next().value!);
    return prepared;
  }

  #made(sql: string): Prepared {
    const statement = this.#database.prepare(sql);
    return { statement, givesRows: statement.columns().length > 0 };
  }
}
