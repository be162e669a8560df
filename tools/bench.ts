// npm run bench -- NAME [--json]: measures, prints a table, and with --json one JSON object on the last line.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { root } from './processes.ts';
import { buildWebIfStale } from './web-build.ts';

const folder = path.join(root, 'tests/bench');
const names = readdirSync(folder)
  .filter(file => file.endsWith('.bench.ts'))
  .map(file => file.replace('.bench.ts', ''));
const [name, ...flags] = process.argv.slice(2);

if (!name || !names.includes(name)) {
  console.error(`bench: "${name ?? ''}" is not one of: ${names.join(', ')}`);
  process.exit(2);
}
await buildWebIfStale();
const bench = (await import(path.join(folder, `${name}.bench.ts`))) as {
  measure(): Promise<Record<string, unknown>>;
};
const figures = await bench.measure();
if (flags.includes('--json')) console.log(JSON.stringify(figures));
else console.table(figures);
process.exit(0);
