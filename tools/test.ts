// npm test [-- PATTERN ...]: the fast check, then every suite, then one line that counts them.
import { globSync } from 'node:fs';
import { run as runTests } from 'node:test';
import { spec } from 'node:test/reporters';
import { startSharedBrowser } from '#tests/support/browser.ts';
import { startPostgres } from '#tests/support/postgres.ts';
import { hiddenPrograms, shadowHidden } from '#tests/support/programs.ts';
import { root, run } from './processes.ts';
import { buildWebIfStale } from './web-build.ts';

interface Totals {
  passed: number;
  failed: number;
  skipped: string[];
}

/** Suites that share the machine well run side by side; those that play media have it for themselves. */
const phases = [
  {
    globs: [
      'src/**/*.test.ts',
      'web/**/*.test.ts',
      'tools/**/*.test.ts',
      'tests/house/*.test.ts',
      'tests/support/*.test.ts',
      'tests/fuzz/*.test.ts',
      'tests/sim/*.test.ts',
    ],
    concurrency: 2,
  },
  { globs: ['tests/flows/*.test.ts', 'tests/interop/*.test.ts'], concurrency: 1 },
];

/** A file that hangs fails, and the rest runs: a quarter of an hour is several times what the slowest takes. */
const FILE_MS_MAX = 15 * 60_000;

const patterns = process.argv.slice(2);
const totals: Totals = { passed: 0, failed: 0, skipped: [] };
if (patterns.length === 0 && (await run(process.execPath, ['tools/check.ts'])) !== 0) process.exit(1);
await buildWebIfStale();
const unshadow = shadowHidden();
const browser = await startSharedBrowser();
const postgres = await startPostgres();
process.env.SKYLARK_TEST_BROWSER = browser.endpoint;
if (postgres) process.env.SKYLARK_TEST_DATABASE_URL = postgres.url;
try {
  for (const phase of phases) await runPhase(phase.globs, phase.concurrency);
} finally {
  await browser.close();
  await postgres?.stop();
  unshadow();
}
for (const name of totals.skipped) console.log(`skipped: ${name}`);
console.log(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped.length} skipped`);
const nothingRan = totals.passed + totals.failed === 0;
if (nothingRan) console.error('No test matched.');
const hidden = hiddenPrograms();
const unexpected = totals.skipped.filter(name => !hidden.some(program => name.endsWith(`(no ${program})`)));
const skippedInCi = process.env.CI === 'true' && unexpected.length > 0;
if (skippedInCi) console.error('With CI=true a skip is a failure, unless SKYLARK_TEST_WITHOUT asked for it.');
process.exit(totals.failed > 0 || nothingRan || skippedInCi ? 1 : 0);

async function runPhase(globs: readonly string[], concurrency: number): Promise<void> {
  const files = globSync([...globs], { cwd: root })
    .filter(file => patterns.length === 0 || patterns.some(pattern => file.includes(pattern)))
    .sort();
  if (files.length === 0) return;
  const stream = runTests({
    files,
    cwd: root,
    concurrency,
    timeout: FILE_MS_MAX,
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  stream.on('test:pass', event => count(event, 'passed'));
  stream.on('test:fail', event => count(event, 'failed'));
  const report = stream.compose(spec());
  for await (const text of report) process.stdout.write(text);
}

function count(
  event: { name: string; file?: string; skip?: string | boolean; details: { type?: string } },
  outcome: 'passed' | 'failed',
): void {
  // A suite counts only when it was skipped: then its tests are not heard of.
  if (event.skip !== undefined && event.skip !== false) totals.skipped.push(`${event.name} (${event.skip})`);
  else if (event.details.type !== 'suite') totals[outcome]++;
}
