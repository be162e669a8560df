import type { Migrations } from '#ports/db.ts';

export const roomMigrations: Migrations = {
  '0202-room': {
    async up(db) {
      await db.schema
        .createTable('comments')
        .addColumn('broadcast_id', 'text', column => column.notNull())
        .addColumn('seq', 'bigint', column => column.notNull())
        .addColumn('id', 'text', column => column.notNull().unique())
        .addColumn('author_id', 'text', column => column.notNull())
        .addColumn('text', 'text', column => column.notNull())
        .addColumn('media_time_ms', 'bigint')
        .addColumn('created_at', 'bigint', column => column.notNull())
        .addPrimaryKeyConstraint('comments_key', ['broadcast_id', 'seq'])
        .execute();
      await db.schema
        .createTable('heart_seconds')
        .addColumn('broadcast_id', 'text', column => column.notNull())
        .addColumn('second', 'bigint', column => column.notNull())
        .addColumn('count', 'bigint', column => column.notNull())
        .addPrimaryKeyConstraint('heart_seconds_key', ['broadcast_id', 'second'])
        .execute();
      await db.schema
        .createTable('heart_viewers')
        .addColumn('broadcast_id', 'text', column => column.notNull())
        .addColumn('account_id', 'text', column => column.notNull())
        .addColumn('count', 'bigint', column => column.notNull())
        .addPrimaryKeyConstraint('heart_viewers_key', ['broadcast_id', 'account_id'])
        .execute();
    },
  },
  '0221-removed-comments': {
    async up(db) {
      const table = () => db.schema.alterTable('comments');
      await table()
        .addColumn('removed', 'integer', column => column.notNull().defaultTo(0))
        .execute();
      // Of a row that is no comment but the removal of one: the id of that.
      await table().addColumn('removes', 'text').execute();
    },
  },
};
