import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Db, Migrations } from '#ports/db.ts';
import { executedMigrations } from '#ports/migrate.ts';
import type { Config } from './config.ts';

/** Stops the start: what is there does not belong together, or to this program. The message says what to do. */
export class FolderMismatch extends Error {
  override readonly name = 'FolderMismatch';
}

export const databaseFile = (dataDirectory: string): string => path.join(dataDirectory, 'skylark.db');

/** Before anything is opened, so that a refused start leaves the folder as it is. Throws a `FolderMismatch`. */
export async function refuseLostDatabase(config: Config): Promise<void> {
  const found = await stat(databaseFile(config.dataDirectory)).catch(nullWhenMissing);
  if (!config.databaseUrl && !found?.size) await refuseIfHeld(config);
}

/**
 * Before the database is migrated. A folder that was in use has a secret, which is kept after the first migration only: with
 * an empty database it would serve strangers as if nobody had ever been there. Resolves to whether the database is new; throws a
 * `FolderMismatch`.
 */
export async function checkFolder(config: Config, db: Db, migrations: Migrations): Promise<boolean> {
  const executed = await executedMigrations(db.sql);
  if (executed.length === 0) await refuseIfHeld(config);
  const unknown = executed.filter(name => !(name in migrations)).toSorted();
  if (unknown.length === 0) return executed.length === 0;
  throw new FolderMismatch(
    `${whichDatabase(config)} is of a newer Skylark: it has "${unknown.at(-1)}", which this one does not know. ` +
      'Start the newer one, or go back to a copy that was made before it.',
  );
}

async function refuseIfHeld(config: Config): Promise<void> {
  const held = await whatIsHeld(config.dataDirectory);
  if (held.length === 0) return;
  const place = config.databaseUrl
    ? `${whichDatabase(config)} is empty`
    : `its database (${path.basename(databaseFile(config.dataDirectory))}) is missing or empty`;
  throw new FolderMismatch(
    `the data folder ${config.dataDirectory} holds ${held.join(' and ')}, but ${place}. ` +
      'Put the database back, or name an empty folder in SKYLARK_DATA.',
  );
}

function whichDatabase({ databaseUrl, dataDirectory }: Config): string {
  return databaseUrl ? 'the database that SKYLARK_DATABASE_URL names' : databaseFile(dataDirectory);
}

async function whatIsHeld(dataDirectory: string): Promise<string[]> {
  const held: string[] = [];
  if (await stat(path.join(dataDirectory, 'secret')).catch(nullWhenMissing)) held.push('a secret');
  const recorded = [path.join('blobs', 'data'), 'journals'].map(name =>
    isFilled(path.join(dataDirectory, name)),
  );
  if ((await Promise.all(recorded)).includes(true)) held.push('recordings');
  return held;
}

async function isFilled(folder: string): Promise<boolean> {
  return ((await readdir(folder).catch(nullWhenMissing)) ?? []).length > 0;
}

function nullWhenMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}
