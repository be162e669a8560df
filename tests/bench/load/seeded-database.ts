import { createHash } from 'node:crypto';
import { constants, existsSync, readFileSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createLocalBus } from '#adapters/bus-local/index.ts';
import { openSqlite } from '#adapters/db-sqlite/index.ts';
import { createDbJobs } from '#adapters/jobs-db/index.ts';
import { createScryptPasswords } from '#adapters/passwords-scrypt/index.ts';
import { FakeClock } from '#base/fake-clock.ts';
import { createIds } from '#base/ids.ts';
import { silentLogger as log } from '#base/log.ts';
import type { Db, Migrations } from '#ports/db.ts';
import { createSocial } from '#social/index.ts';
import { createTestAccounts, testClient, viewerOf } from '#tests/support/accounts.ts';
import { Seeded } from '#tests/support/seeded.ts';
import { handleOf, insertRows, type RowsOptions } from './seeded-rows.ts';

export interface SeedOptions extends RowsOptions {
  readonly seed: number;
  /** Accounts, the first ones, that have a token. */
  readonly tokens: number;
}

export interface SeededPerson {
  readonly id: string;
  readonly handle: string;
  /** A personal access token: `authorization: Bearer …`. */
  readonly token: string;
}

/** Whom a bench acts as. Every account signs in with `password`. */
export interface SeededPeople {
  readonly password: string;
  readonly operator: SeededPerson;
  /** Whom everybody follows. */
  readonly author: SeededPerson;
  /** The first of all others; the first `readers` of them have 800 posts in their home timeline. */
  readonly people: readonly SeededPerson[];
}

const DEFAULTS: SeedOptions = {
  seed: 1,
  accounts: 100_000,
  posts: 1_000_000,
  followers: 100_000,
  readers: 100,
  tokens: 1000,
};
const FOUNDED_AT_MS = Date.UTC(2025, 0, 1);
const PASSWORD = 'a lark in the morning';
const PEOPLE_FILE = 'seeded-people.json';
const SECRET = 'the secret of a seeded database, which signs nothing worth having';

/**
 * Fills `directory` with the data folder of a large community, on which the server starts; the same options give the same
 * rows. The folder is made once for options, schema and program, kept in the system's temporary folder and copied.
 */
export async function seedDatabase(
  directory: string,
  options: Partial<SeedOptions> = {},
): Promise<SeededPeople> {
  const wanted = { ...DEFAULTS, ...options };
  const kept = await keptFolder(wanted);
  if (!existsSync(kept)) await make(kept, wanted);
  await cp(kept, directory, { recursive: true, mode: constants.COPYFILE_FICLONE });
  const people = JSON.parse(await readFile(path.join(directory, PEOPLE_FILE), 'utf8')) as SeededPeople;
  await rm(path.join(directory, PEOPLE_FILE));
  return people;
}

/** Beside its final name until it is whole, as another process may be making it; what was made for another schema goes. */
async function make(kept: string, options: SeedOptions): Promise<void> {
  const unfinished = `${kept}.${process.pid}`;
  await rm(unfinished, { recursive: true, force: true });
  const people = await fillFolder(unfinished, options);
  await writeFile(path.join(unfinished, PEOPLE_FILE), JSON.stringify(people));
  const [folder, name] = [path.dirname(kept), path.basename(kept)];
  const outdated = (other: string) => other.startsWith(name.replace(/@.*/, '@')) && !other.startsWith(name);
  for (const other of (await readdir(folder)).filter(outdated))
    await rm(path.join(folder, other), { recursive: true, force: true });
  if (existsSync(kept)) await rm(unfinished, { recursive: true });
  else await rename(unfinished, kept);
}

async function keptFolder(options: SeedOptions): Promise<string> {
  const hash = createHash('sha256');
  for (const file of ['seeded-database.ts', 'seeded-rows.ts'])
    hash.update(readFileSync(path.join(import.meta.dirname, file)));
  const database = await openSqlite({ file: ':memory:', log });
  await database.migrate(rooms(database, new Seeded(options.seed)).migrations);
  const schema = await database.sql.selectFrom('sqlite_master').select('sql').orderBy('name').execute();
  await database.close();
  hash.update(JSON.stringify(schema));
  const name = `skylark-seed-${Object.values(options).join('-')}@${hash.digest('hex').slice(0, 16)}`;
  return path.join(tmpdir(), name);
}

/** What is asked of the rooms: their tables, and real accounts. */
function rooms(db: Db, chance: Seeded) {
  const clock = new FakeClock(FOUNDED_AT_MS);
  const ids = createIds(clock, bytes => bytes.set(chance.bytes(bytes.length)));
  const bus = createLocalBus({ log });
  const jobs = createDbJobs({ db, clock, log, ids });
  // As strong as the server's: signing in must cost what it costs there.
  const passwords = createScryptPasswords({ log });
  const { accounts } = createTestAccounts({ db, jobs, bus, passwords, ids, clock, secret: SECRET });
  const directory = { summaries: accounts.summaries };
  const social = createSocial({ db, jobs, bus, ids, clock, log, directory });
  const migrations: Migrations = { ...accounts.migrations, ...social.migrations, ...jobs.migrations };
  return { clock, ids, accounts, migrations };
}

/** Makes a data folder from nothing. */
export async function fillFolder(directory: string, options: SeedOptions): Promise<SeededPeople> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(path.join(directory, 'secret'), SECRET, { mode: 0o600 });
  const file = path.join(directory, 'skylark.db');
  const chance = new Seeded(options.seed);
  const founded = await open(file, chance);
  const operator = await founded.register('keeper');
  const author = await founded.register('author');
  await founded.close();
  const inserted = inBulk(file, database => {
    const credential = database.prepare('select password_hash from credentials where account_id = ?');
    const passwordHash = String(credential.get(author.id)!.password_hash);
    const { clock, ids } = founded;
    return insertRows({ ...options, database, chance, clock, ids, authorId: author.id, passwordHash });
  });
  const filled = await open(file, chance);
  const people: SeededPerson[] = [];
  for (const [n, id] of inserted.slice(0, options.tokens).entries())
    people.push(await filled.withToken({ id, handle: handleOf(n) }));
  await filled.close();
  return { password: PASSWORD, operator, author, people };
}

async function open(file: string, chance: Seeded) {
  const db = await openSqlite({ file, log });
  const { accounts, migrations, ...made } = rooms(db, chance);
  await db.migrate(migrations);
  const withToken = async ({ id, handle }: Omit<SeededPerson, 'token'>): Promise<SeededPerson> => {
    const { token } = await accounts.createToken(viewerOf({ id, handle, role: 'member' }), { name: 'bench' });
    return { id, handle, token };
  };
  const register = async (handle: string) => {
    const wanted = { handle, email: `${handle}@example.org`, password: PASSWORD };
    return withToken((await accounts.register(wanted, testClient())).profile);
  };
  return { ...made, register, withToken, close: () => db.close() };
}

/** Straight into the file, with nothing synced, and indexes made at the end; then everything is as the program left it. */
function inBulk<T>(file: string, work: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(file);
  database.exec(
    'pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -400000; pragma temp_store = memory; begin',
  );
  const indexes = database
    .prepare("select name, sql from sqlite_master where type = 'index' and sql is not null")
    .all() as { name: string; sql: string }[];
  for (const { name } of indexes) database.exec(`drop index ${name}`);
  const result = work(database);
  countUp(database);
  for (const { sql } of indexes) database.exec(sql);
  database.exec('commit; pragma journal_mode = wal');
  database.close();
  return result;
}

/** Counts are columns that stand beside what they count. */
function countUp(database: DatabaseSync): void {
  database.exec(`
    create temp table replies as select reply_to_id id, count(*) n from posts where reply_to_id is not null group by 1;
    update posts set reply_count = replies.n from replies where replies.id = posts.id;
    create temp table likes as select post_id id, count(*) n from post_likes group by 1;
    update posts set like_count = likes.n from likes where likes.id = posts.id;
    create temp table written as select author_id id, count(*) n from posts group by 1;
    update social_counts set posts = written.n from written where written.id = social_counts.account_id;
  `);
}
