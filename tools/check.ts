// Types, format, lint and house rules; fast enough to run before every commit.
import { root, run, runPackage } from './processes.ts';

const started = performance.now();
const biomeMode = process.env.CI ? 'ci' : 'check';
const results = await Promise.all([
  runPackage('typescript/bin/tsc', ['-p', 'tsconfig.json']),
  runPackage('typescript/bin/tsc', ['-p', 'web/tsconfig.json']),
  runPackage('typescript/bin/tsc', ['-p', 'web/sw/tsconfig.json']),
  runPackage('typescript/bin/tsc', ['-p', 'tests/tsconfig.json']),
  runPackage('@biomejs/biome/bin/biome', [biomeMode, '--error-on-warnings', '.']),
  run(process.execPath, ['--test', '--test-reporter=dot', 'tests/house/walls.test.ts'], { cwd: root }),
]);
const failed = results.filter(code => code !== 0).length;
console.log(
  failed === 0
    ? `check: clean in ${((performance.now() - started) / 1000).toFixed(1)} s`
    : `check: ${failed} of ${results.length} checks failed`,
);
process.exitCode = failed === 0 ? 0 : 1;
