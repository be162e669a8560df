import type { Migrations } from '#ports/db.ts';

export const placementMigrations: Migrations = {
  '0401-placement': {
    async up(db) {
      await db.schema
        .createTable('processes')
        .addColumn('id', 'text', column => column.primaryKey())
        .addColumn('folder', 'text', column => column.notNull())
        .addColumn('address', 'text', column => column.notNull())
        // By the database's clock, milliseconds since the epoch.
        .addColumn('lease_until', 'bigint', column => column.notNull())
        .execute();
      await db.schema
        .createTable('placements')
        .addColumn('subject', 'text', column => column.primaryKey())
        // Who keeps its bytes, for good.
        .addColumn('folder', 'text', column => column.notNull())
        // Null while no process has it.
        .addColumn('process_id', 'text')
        .addColumn('epoch', 'bigint', column => column.notNull())
        .execute();
      await db.schema.createIndex('placements_by_process').on('placements').column('process_id').execute();
    },
  },
};
