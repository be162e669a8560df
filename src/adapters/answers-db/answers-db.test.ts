import { after } from 'node:test';
import { answersSuite } from '#ports/answers.suite.ts';
import type { Db } from '#ports/db.ts';
import { onEveryDatabase } from '#tests/support/databases.ts';
import { createDbAnswers } from './index.ts';

await onEveryDatabase('answers', open => {
  const opened: Db[] = [];
  after(() => Promise.all(opened.map(db => db.close())));
  answersSuite(async clock => {
    const db = await open();
    opened.push(db);
    const answers = createDbAnswers({ db, clock });
    await db.migrate(answers.migrations);
    return answers;
  });
});
