import type { Migrations } from '#ports/db.ts';

export const broadcastMigrations: Migrations = {
  '0201-broadcasts': {
    async up(db) {
      await db.schema
        .createTable('broadcasts')
        .addColumn('id', 'text', column => column.primaryKey())
        .addColumn('post_id', 'text', column => column.notNull())
        .addColumn('owner_id', 'text', column => column.notNull())
        .addColumn('title', 'text', column => column.notNull())
        .addColumn('announce', 'integer', column => column.notNull())
        .addColumn('state', 'text', column => column.notNull())
        .addColumn('publish_token_hash', 'text', column => column.notNull())
        .addColumn('created_at', 'bigint', column => column.notNull())
        .addColumn('started_at', 'bigint')
        .addColumn('ended_at', 'bigint')
        .addColumn('duration_ms', 'bigint')
        .addColumn('hearts', 'bigint', column => column.notNull().defaultTo(0))
        // The number of comments, and the sequence number of the last one.
        .addColumn('comments', 'bigint', column => column.notNull().defaultTo(0))
        .execute();
      await db.schema.createIndex('broadcasts_by_state').on('broadcasts').columns(['state', 'id']).execute();
    },
  },
  '0220-removals': {
    async up(db) {
      const table = () => db.schema.alterTable('broadcasts');
      await table().addColumn('removed_at', 'bigint').execute();
      await table()
        .addColumn('removed_comments', 'bigint', column => column.notNull().defaultTo(0))
        .execute();
    },
  },
  '0217-broadcast-credentials': {
    async up(db) {
      // What let its owner make it; broadcasts of before have none.
      await db.schema.alterTable('broadcasts').addColumn('credential_id', 'text').execute();
      await db.schema
        .createIndex('broadcasts_by_credential')
        .on('broadcasts')
        .column('credential_id')
        .where('credential_id', 'is not', null)
        .execute();
    },
  },
};
