// @ts-check
// JavaScript, and in one file: stripping types would cost each thread 10 MB and most of its start.
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';

/** @import { StatementSync } from 'node:sqlite' */
/** @import { FromThread, Outcome, SqliteFailure, ThreadOptions, ToThread } from './messages.ts' */

const STATEMENTS_MAX = 256;

const COMMON = 'pragma mmap_size = 0;'; // mapped pages would count as memory of the process
const READER = 'pragma cache_size = -8192;';
/**
 * FULL syncs the log at every commit, so that what was acknowledged outlives a loss of power; in NORMAL it is synced by
 * checkpoints alone. On Apple's systems only `fullfsync` reaches the disk. Sources: sqlite.org/wal.html, sqlite.org/pragma.html
 */
const WRITER = `
  pragma journal_mode = wal;
  pragma synchronous = full;
  pragma fullfsync = on;
  pragma cache_size = -16384;
  pragma journal_size_limit = 67108864;`;

/** Runs statements and keeps those used last prepared. */
class StatementCache {
  /** @type {Map<string, { statement: StatementSync, givesRows: boolean }>} */
  #prepared = new Map();
  /** @type {DatabaseSync} */
  #database;

  /** @param {DatabaseSync} database */
  constructor(database) {
    this.#database = database;
  }

  /**
   * SQLite refuses by itself what it cannot store.
   * @param {Extract<ToThread, { kind: 'query' }>} query
   * @returns {Outcome}
   */
  run({ sql, parameters }) {
    const { statement, givesRows } = this.#prepare(sql);
    if (givesRows) return { rows: statement.all(...parameters) };
    const { changes, lastInsertRowid } = statement.run(...parameters);
    return { rows: [], changes, lastId: lastInsertRowid };
  }

  /** @param {string} sql */
  #prepare(sql) {
    const prepared = this.#prepared.get(sql) ?? this.#made(sql);
    this.#prepared.delete(sql);
    this.#prepared.set(sql, prepared);
    if (this.#prepared.size > STATEMENTS_MAX)
      this.#prepared.delete(/** @type {string} */ (this.#prepared.keys().next().value));
    return prepared;
  }

  /** @param {string} sql */
  #made(sql) {
    const statement = this.#database.prepare(sql);
    return { statement, givesRows: statement.columns().length > 0 };
  }
}

const port = /** @type {NonNullable<typeof parentPort>} */ (parentPort);

/** @param {FromThread} message */
const say = message => port.postMessage(message);

/** @param {ThreadOptions} options */
function open({ file, isReader, busyTimeoutMs }) {
  const options = { timeout: busyTimeoutMs, enableForeignKeyConstraints: true, readOnly: isReader };
  const database = new DatabaseSync(file, options);
  database.exec(COMMON + (isReader ? READER : WRITER));
  return database;
}

/**
 * @param {unknown} cause
 * @returns {SqliteFailure}
 */
function failureOf(cause) {
  const { message, errcode } = /** @type {Error & { errcode?: number }} */ (cause);
  return { failure: message, errcode: errcode ?? null };
}

/**
 * @param {DatabaseSync} database
 * @param {StatementCache} statements
 * @param {ToThread} message
 * @returns {FromThread}
 */
function answer(database, statements, message) {
  try {
    if (message.kind === 'query') return statements.run(message);
    if (message.kind === 'close') database.close();
    // A full disk has SQLite roll back by itself; trying again would hide why. Source: sqlite.org/lang_transaction.html
    else if (database.isTransaction) database.exec('rollback');
    return { rows: [] };
  } catch (cause) {
    return failureOf(cause);
  }
}

function serve() {
  const database = open(workerData);
  const statements = new StatementCache(database);
  port.on('message', (/** @type {ToThread} */ message) => {
    say(answer(database, statements, message));
    if (message.kind === 'close') port.close();
  });
}

try {
  serve();
  say({ rows: [] });
} catch (cause) {
  say(failureOf(cause));
  port.close();
}
