import type { DbDialect, Migrations } from '#ports/db.ts';

/** The table of the queue. `seq` is the order of enqueueing; `lease` names the claim that runs the job. */
export function jobsMigrations(dialect: DbDialect): Migrations {
  return {
    '0301-jobs': {
      async up(db) {
        await db.schema
          .createTable('jobs')
          .addColumn('seq', dialect.name === 'sqlite' ? 'integer' : 'bigint', column =>
            dialect.name === 'sqlite'
              ? column.primaryKey().autoIncrement()
              : column.primaryKey().generatedAlwaysAsIdentity(),
          )
          .addColumn('kind', 'text', column => column.notNull())
          .addColumn('payload', 'text', column => column.notNull())
          .addColumn('ordering_key', 'text')
          .addColumn('state', 'text', column => column.notNull())
          .addColumn('run_at', 'bigint', column => column.notNull())
          .addColumn('attempts', 'integer', column => column.notNull())
          .addColumn('lease', 'text')
          .addColumn('lease_until', 'bigint')
          .addColumn('last_error', 'text')
          .addColumn('created_at', 'bigint', column => column.notNull())
          .execute();
        await db.schema.createIndex('jobs_due').on('jobs').columns(['state', 'run_at', 'seq']).execute();
        await db.schema.createIndex('jobs_order').on('jobs').columns(['ordering_key', 'seq']).execute();
      },
    },
    '0302-job-homes': {
      async up(db) {
        // The data folder whose process took the work in, or runs it; null for work from before there were several.
        await db.schema.alterTable('jobs').addColumn('home', 'text').execute();
      },
    },
  };
}
