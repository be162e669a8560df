import type { Migrations } from '#ports/db.ts';

export const recorderMigrations: Migrations = {
  '0210-recordings': {
    async up(db) {
      await db.schema
        .createTable('recordings')
        .addColumn('broadcast_id', 'text', column => column.primaryKey())
        .addColumn('epoch_ms', 'bigint', column => column.notNull())
        // What the newest initialization sections say: `RenditionInfo` as JSON.
        .addColumn('video', 'text')
        .addColumn('audio', 'text')
        .addColumn('complete', 'integer', column => column.notNull())
        .addColumn('duration_ms', 'bigint', column => column.notNull())
        .addColumn('bytes', 'bigint', column => column.notNull())
        .execute();
      await db.schema
        .createTable('recording_segments')
        .addColumn('broadcast_id', 'text', column => column.notNull())
        .addColumn('rendition', 'text', column => column.notNull())
        .addColumn('msn', 'integer', column => column.notNull())
        .addColumn('start_ticks', 'bigint', column => column.notNull())
        .addColumn('duration_ticks', 'bigint', column => column.notNull())
        .addColumn('timescale', 'integer', column => column.notNull())
        .addColumn('init_number', 'integer', column => column.notNull())
        .addColumn('discontinuity', 'integer', column => column.notNull())
        .addColumn('bytes', 'bigint', column => column.notNull())
        .addPrimaryKeyConstraint('recording_segments_key', ['broadcast_id', 'rendition', 'msn'])
        .execute();
    },
  },
  '0215-recording-layers': {
    async up(db) {
      await db.schema
        .createTable('recording_layers')
        .addColumn('broadcast_id', 'text', column => column.notNull())
        .addColumn('rendition', 'text', column => column.notNull())
        // As `recordings.video`, for layers of video beside the first.
        .addColumn('info', 'text', column => column.notNull())
        .addPrimaryKeyConstraint('recording_layers_key', ['broadcast_id', 'rendition'])
        .execute();
      await db.schema
        .alterTable('recording_segments')
        // Starts with a key frame. Before this was kept, nobody could promise it.
        .addColumn('independent', 'integer', column => column.notNull().defaultTo(0))
        .execute();
      await db.schema
        .alterTable('recording_segments')
        .addColumn('frames', 'integer', column => column.notNull().defaultTo(0))
        .execute();
    },
  },
  '0216-restored-segments': {
    async up(db) {
      await db.schema
        .alterTable('recording_segments')
        .addColumn('restored', 'integer', column => column.notNull().defaultTo(0))
        .execute();
    },
  },
  '0222-recordings-handed-over': {
    async up(db) {
      await db.schema
        .alterTable('recordings')
        // The process that stopped had written all that players were shown: no number was given to what is not here.
        .addColumn('handed_over', 'integer', column => column.notNull().defaultTo(0))
        .execute();
    },
  },
};
