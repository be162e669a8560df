import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { FakeClock } from '#base/fake-clock.ts';
import type { Ids } from '#base/ids.ts';
import type { Seeded } from '#tests/support/seeded.ts';

export interface RowsOptions {
  readonly accounts: number;
  readonly posts: number;
  /** Of the author. */
  readonly followers: number;
  /** Accounts, the first ones, with a long home timeline; the others have a short one, so that the file stays about 1 GB. */
  readonly readers: number;
}

export interface RowsContext extends RowsOptions {
  readonly database: DatabaseSync;
  readonly chance: Seeded;
  readonly clock: FakeClock;
  readonly ids: Ids;
  readonly authorId: string;
  /** Of the one password that every account has. */
  readonly passwordHash: string;
}

const LONG_HOME = 800;
const SHORT_HOME = 8;
const FOLLOWED = 5;
/** The newest posts of an account that its followers find. */
const NEWEST_KEPT = 400;
const REPLY_SHARE = 0.15;
const LIKED_SHARE = 0.1;
const LIKES = 4;
const POST_EVERY_MS = 25_000;
const WORDS =
  'the a lark sky morning live we are on roof with who wants to see this today again never always music film code tea rain früh наш 今日 😀 🎥 over under between'.split(
    ' ',
  );

/** Rows as a community of that size leaves them: who follows whom, posts, replies, likes and home timelines. */
export function insertRows(context: RowsContext): readonly string[] {
  const accounts = insertAccounts(context);
  const followed = insertFollows(context, accounts);
  const posts = insertPosts(context, accounts);
  insertLikes(context, accounts, posts);
  insertHomes(context, accounts, followed, posts);
  return accounts;
}

/** Rare names come up rarely: most of what happens is about few. */
function skewed(chance: Seeded, below: number): number {
  return Math.floor(chance.next() ** 3 * below);
}

function inserter(database: DatabaseSync, table: string, columns: readonly string[]): StatementSync {
  const places = columns.map(() => '?').join(', ');
  return database.prepare(`insert into ${table} (${columns.join(', ')}) values (${places})`);
}

function insertAccounts({ database, ids, clock, accounts, passwordHash }: RowsContext): string[] {
  const account = inserter(database, 'accounts', [
    ...['id', 'handle', 'email', 'email_verified', 'display_name', 'bio', 'role', 'created_at', 'updated_at'],
  ]);
  const credential = inserter(database, 'credentials', [
    ...['id', 'account_id', 'provider', 'provider_account_id', 'password_hash', 'created_at', 'updated_at'],
  ]);
  return Array.from({ length: accounts }, (_, n) => {
    clock.advance(50);
    const id = ids.next();
    const handle = handleOf(n);
    const at = new Date(clock.nowMs()).toISOString();
    account.run(id, handle, `${handle}@example.org`, 0, `Person ${n}`, '', 'member', at, at);
    credential.run(ids.next(), id, 'credential', id, passwordHash, at, at);
    return id;
  });
}

export function handleOf(n: number): string {
  return `p${String(n).padStart(6, '0')}`;
}

/** Whom each account follows, by index; -1 is the author. */
function insertFollows(context: RowsContext, accounts: readonly string[]): readonly number[][] {
  const { database, chance, authorId, followers, clock } = context;
  const follow = inserter(database, 'follows', ['follower_id', 'followee_id', 'created_at']);
  const count = inserter(database, 'social_counts', ['account_id', 'posts', 'followers', 'following']);
  const followerCounts = new Uint32Array(accounts.length);
  const followed = accounts.map((id, n) => {
    const wanted = new Set<number>(n < followers ? [-1] : []);
    const others = n < context.readers ? FOLLOWED * 20 : 1 + chance.below(FOLLOWED * 2 - 1);
    for (let i = 0; i < others; i++) wanted.add(skewed(chance, accounts.length));
    wanted.delete(n);
    for (const other of wanted) {
      follow.run(id, other < 0 ? authorId : accounts[other]!, clock.nowMs());
      if (other >= 0) followerCounts[other]!++;
    }
    return [...wanted];
  });
  for (const [n, id] of accounts.entries()) count.run(id, 0, followerCounts[n]!, followed[n]!.length);
  database
    .prepare(
      'insert into social_counts values (?, 0, ?, 0) on conflict do update set followers = excluded.followers',
    )
    .run(authorId, followers);
  return followed;
}

interface Posts {
  readonly ids: readonly string[];
  readonly createdAtMs: Float64Array;
  /** By account; the author's last. */
  readonly newestOf: readonly number[][];
}

function insertPosts(context: RowsContext, accounts: readonly string[]): Posts {
  const { database, chance, clock, ids, authorId } = context;
  const insert = inserter(database, 'posts', [
    ...['id', 'author_id', 'text', 'reply_to_id', 'created_at', 'announce', 'fanned_to', 'event_seq'],
  ]);
  const posts = { ids: [] as string[], createdAtMs: new Float64Array(context.posts) };
  const newestOf: number[][] = Array.from({ length: accounts.length + 1 }, () => []);
  const everyAuthor = Math.ceil(context.posts / NEWEST_KEPT);
  for (let n = 0; n < context.posts; n++) {
    clock.advance(1 + chance.below(POST_EVERY_MS));
    const id = ids.next();
    const author = n % everyAuthor === 0 ? accounts.length : skewed(chance, accounts.length);
    const isReply = n > 0 && author < accounts.length && chance.chance(REPLY_SHARE);
    const replyTo = isReply ? posts.ids[Math.max(0, n - 1 - skewed(chance, 10_000))]! : null;
    posts.ids.push(id);
    posts.createdAtMs[n] = clock.nowMs();
    insert.run(id, accounts[author] ?? authorId, textOf(chance), replyTo, clock.nowMs(), 1, null, 0);
    if (isReply) continue;
    const newest = newestOf[author]!;
    if (newest.push(n) > NEWEST_KEPT) newest.shift();
  }
  return { ...posts, newestOf };
}

function textOf(chance: Seeded): string {
  return Array.from({ length: 4 + chance.below(25) }, () => WORDS[chance.below(WORDS.length)]).join(' ');
}

function insertLikes({ database, chance, clock }: RowsContext, accounts: readonly string[], posts: Posts) {
  const like = inserter(database, 'post_likes', ['post_id', 'account_id', 'created_at']);
  for (const postId of posts.ids) {
    if (!chance.chance(LIKED_SHARE)) continue;
    const likers = new Set(
      Array.from({ length: 1 + chance.below(LIKES * 2) }, () => chance.below(accounts.length)),
    );
    for (const liker of likers) like.run(postId, accounts[liker]!, clock.nowMs());
  }
}

/** The number of a post in the home sequence is its place among all posts. */
function insertHomes(
  context: RowsContext,
  accounts: readonly string[],
  followed: readonly number[][],
  { ids, createdAtMs, newestOf }: Posts,
): void {
  const { database, authorId } = context;
  const entry = inserter(database, 'home_entries', [
    ...['account_id', 'post_id', 'author_id', 'created_at', 'seq'],
  ]);
  const insert = (accountId: string, author: number, post: number) => {
    const values: SQLInputValue[] = [accountId, ids[post]!, accounts[author] ?? authorId];
    entry.run(...values, createdAtMs[post]!, post + 1);
  };
  for (const [n, accountId] of accounts.entries()) {
    const authors = new Set([n, ...followed[n]!.map(other => (other < 0 ? accounts.length : other))]);
    const found = [...authors].flatMap(author => newestOf[author]!.map(post => ({ author, post })));
    found.sort((a, b) => b.post - a.post);
    const kept = found.slice(0, n < context.readers ? LONG_HOME : SHORT_HOME).reverse();
    for (const { author, post } of kept) insert(accountId, author, post);
  }
  for (const post of newestOf[accounts.length]!) insert(authorId, accounts.length, post);
  database.prepare('update home_sequence set value = ?').run(ids.length);
}
