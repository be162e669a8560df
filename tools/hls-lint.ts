// npm run hls-lint -- URL [--seconds N] [--json]: names every rule of LL-HLS that a stream breaks.
import { parseArgs } from 'node:util';
import { lint, type Verdict } from './hls-lint/lint.ts';

const usage = 'Usage: npm run hls-lint -- URL [--seconds N] [--json]';
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string', default: '30' }, json: { type: 'boolean', default: false } },
});
const [url] = positionals;
const seconds = Number(values.seconds);
if (!url || positionals.length > 1 || !URL.canParse(url) || !(seconds > 0 && seconds <= 86_400)) {
  console.error(usage);
  process.exit(2);
}
const verdict = await lint(url, seconds);
if (values.json) console.log(JSON.stringify(verdict));
else print(verdict);
// Requests for hinted parts may still wait; nobody reads them any more.
process.exit(exitCode(verdict));

function exitCode({ read, findings }: Verdict): number {
  if (!read) return 2;
  return findings.some(finding => finding.level === 'must') ? 1 : 0;
}

function print({ read, live, renditions, findings }: Verdict): void {
  for (const finding of findings) {
    console.log(`${finding.level.toUpperCase()} ${finding.rule} (${finding.clause}), ${finding.count} times`);
    for (const { where, detail } of finding.places) console.log(`    ${detail}\n      in ${where}`);
  }
  const segments = renditions.reduce((sum, rendition) => sum + rendition.segments, 0);
  if (!read) console.log('hls-lint: there was nothing to read.');
  else
    console.log(
      `hls-lint: ${live ? 'live' : 'recording'}, ${renditions.length} renditions, ${segments} segments read, ` +
        `${findings.length === 0 ? 'nothing found' : `${findings.length} rules broken`}.`,
    );
}
