import { randomFillSync } from 'node:crypto';
import { createIds } from '#base/ids.ts';
import { silentLogger as log } from '#base/log.ts';
import { describeJobs } from '#ports/jobs.suite.ts';
import { onEveryDatabase } from '#tests/support/databases.ts';
import { createDbJobs } from './index.ts';

await onEveryDatabase('jobs in a table', open => {
  describeJobs('table', open, (db, clock) =>
    createDbJobs({ db, clock, log, ids: createIds(clock, bytes => randomFillSync(bytes)) }),
  );
});
