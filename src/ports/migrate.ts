import { type Kysely, Migrator } from 'kysely';
import { Fault } from '#base/fault.ts';
import type { AnyTables, Migrations } from './db.ts';

const MIGRATION_TABLE = 'kysely_migration';
const ATTEMPTS_MAX = 3;

/**
 * Runs the migrations that this database has not seen. Migrations that it has seen but this caller does not know (another
 * room's, a newer node's) are left alone. Throws a Fault with the cause.
 */
export async function runMigrations(sql: Kysely<AnyTables>, migrations: Migrations): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const known = { ...(await executedElsewhere(sql)), ...migrations };
    const migrator = new Migrator({
      db: sql,
      provider: { getMigrations: async () => known },
      allowUnorderedMigrations: true,
    });
    const { error } = await migrator.migrateToLatest();
    if (!error) return;
    if (attempt === ATTEMPTS_MAX || !ranElsewhereMeanwhile(error))
      throw new Fault('migrating the database failed', error);
  }
}

/** Names of the migrations that this database has seen; none when it is new. */
export async function executedMigrations(sql: Kysely<AnyTables>): Promise<string[]> {
  const tables = await sql.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(table => table.name === MIGRATION_TABLE)) return [];
  const rows: { name: string }[] = await sql.selectFrom(MIGRATION_TABLE).select('name').execute();
  return rows.map(row => row.name);
}

/** Kysely refuses executed migrations that it is not given; these stand for them and are never run. */
async function executedElsewhere(sql: Kysely<AnyTables>): Promise<Migrations> {
  const names = await executedMigrations(sql);
  return Object.fromEntries(names.map(name => [name, { up: async () => {} }]));
}

function ranElsewhereMeanwhile(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('corrupted migrations');
}
