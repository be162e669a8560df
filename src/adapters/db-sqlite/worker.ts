import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import type { FromThread, SqliteFailure, ThreadOptions, ToThread } from './messages.ts';
import { StatementCache } from './statements.ts';

const COMMON = 'pragma mmap_size = 0;'; // mapped pages would count as memory of the process
const READER = 'pragma cache_size = -8192;';
/**
 * FULL syncs the log at every commit, so that what was acknowledged outlives a loss of power; in NORMAL it is synced by
 * checkpoints alone. On Apple's systems only `fullfsync` reaches the disk. Sources: sqlite.org/wal.html, sqlite.org/pragma.html
 */
const WRITER =
  'pragma journal_mode = wal; pragma synchronous = full; pragma fullfsync = on; pragma cache_size = -16384; pragma journal_size_limit = 67108864;';

const port = parentPort!;
const say = (message: FromThread) => port.postMessage(message);

function open({ file, isReader, busyTimeoutMs }: ThreadOptions): DatabaseSync {
  const options = { timeout: busyTimeoutMs, enableForeignKeyConstraints: true, readOnly: isReader };
  const database = new DatabaseSync(file, options);
  database.exec(COMMON + (isReader ? READER : WRITER));
  return database;
}

function failureOf(cause: unknown): SqliteFailure {
  const { message, errcode } = cause as Error & { errcode?: number };
  return { failure: message, errcode: errcode ?? null };
}

function answer(database: DatabaseSync, statements: StatementCache, message: ToThread): FromThread {
  try {
    if (message.kind === 'query') return statements.run(message.sql, message.parameters);
    if (message.kind === 'close') database.close();
    // A full disk has SQLite roll back by itself; trying again would hide why. Source: sqlite.org/lang_transaction.html
    else if (database.isTransaction) database.exec('rollback');
    return { rows: [] };
  } catch (cause) {
    return failureOf(cause);
  }
}

function serve(): void {
  const database = open(workerData as ThreadOptions);
  const statements = new StatementCache(database);
  port.on('message', (message: ToThread) => {
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
