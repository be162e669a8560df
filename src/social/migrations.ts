import type { Kysely } from 'kysely';
import type { AnyTables, Migrations } from '#ports/db.ts';

type Schema = Kysely<AnyTables>;

async function createPosts(db: Schema): Promise<void> {
  await db.schema
    .createTable('posts')
    .addColumn('id', 'text', column => column.primaryKey())
    .addColumn('author_id', 'text', column => column.notNull())
    .addColumn('text', 'text', column => column.notNull())
    .addColumn('reply_to_id', 'text')
    .addColumn('created_at', 'bigint', column => column.notNull())
    .addColumn('deleted_at', 'bigint')
    .addColumn('reply_count', 'integer', column => column.notNull().defaultTo(0))
    .addColumn('like_count', 'integer', column => column.notNull().defaultTo(0))
    .addColumn('announce', 'integer', column => column.notNull())
    .addColumn('fanned_to', 'text')
    .addColumn('event_seq', 'bigint', column => column.notNull().defaultTo(0))
    .addColumn('broadcast_id', 'text', column => column.unique())
    .addColumn('broadcast_state', 'text')
    .addColumn('broadcast_title', 'text')
    .addColumn('broadcast_started_at', 'bigint')
    .addColumn('broadcast_duration_ms', 'bigint')
    .execute();
  const index = (name: string, columns: string[]) =>
    db.schema.createIndex(name).on('posts').columns(columns).execute();
  await index('posts_by_author', ['author_id', 'created_at', 'id']);
  await index('posts_by_parent', ['reply_to_id', 'created_at', 'id']);
  await index('posts_by_event', ['event_seq']);
  await db.schema
    .createTable('post_likes')
    .addColumn('post_id', 'text', column => column.notNull())
    .addColumn('account_id', 'text', column => column.notNull())
    .addColumn('created_at', 'bigint', column => column.notNull())
    .addPrimaryKeyConstraint('post_likes_key', ['post_id', 'account_id'])
    .execute();
}

async function createFollows(db: Schema): Promise<void> {
  await db.schema
    .createTable('follows')
    .addColumn('follower_id', 'text', column => column.notNull())
    .addColumn('followee_id', 'text', column => column.notNull())
    .addColumn('created_at', 'bigint', column => column.notNull())
    .addPrimaryKeyConstraint('follows_key', ['follower_id', 'followee_id'])
    .execute();
  await db.schema
    .createIndex('follows_by_followee')
    .on('follows')
    .columns(['followee_id', 'follower_id'])
    .execute();
  await db.schema
    .createTable('social_counts')
    .addColumn('account_id', 'text', column => column.primaryKey())
    .addColumn('posts', 'integer', column => column.notNull())
    .addColumn('followers', 'integer', column => column.notNull())
    .addColumn('following', 'integer', column => column.notNull())
    .execute();
}

async function createTimeline(db: Schema): Promise<void> {
  await db.schema
    .createTable('home_entries')
    .addColumn('account_id', 'text', column => column.notNull())
    .addColumn('post_id', 'text', column => column.notNull())
    .addColumn('author_id', 'text', column => column.notNull())
    .addColumn('created_at', 'bigint', column => column.notNull())
    .addColumn('seq', 'bigint', column => column.notNull())
    .addPrimaryKeyConstraint('home_entries_key', ['account_id', 'created_at', 'post_id'])
    .execute();
  const index = (name: string, columns: string[]) =>
    db.schema.createIndex(name).on('home_entries').columns(columns).execute();
  await index('home_entries_by_seq', ['account_id', 'seq']);
  await index('home_entries_by_post', ['post_id', 'account_id']);
  await db.schema
    .createTable('home_sequence')
    .addColumn('id', 'integer', column => column.primaryKey())
    .addColumn('value', 'bigint', column => column.notNull())
    .execute();
  await db.insertInto('home_sequence').values({ id: 1, value: 0 }).execute();
}

/** What was deleted before had lost its words at once. */
async function addPurged(db: Schema): Promise<void> {
  await db.schema.alterTable('posts').addColumn('deleted_by', 'text').execute();
  await db.schema
    .alterTable('posts')
    .addColumn('purged', 'integer', column => column.notNull().defaultTo(0))
    .execute();
  await db.updateTable('posts').set({ purged: 1 }).where('deleted_at', 'is not', null).execute();
}

export const migrations: Migrations = {
  '0101-posts': { up: createPosts },
  '0102-follows': { up: createFollows },
  '0103-timeline': { up: createTimeline },
  '0110-purged-posts': { up: addPurged },
};
