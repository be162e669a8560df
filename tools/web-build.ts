import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root, runPackage } from './processes.ts';

const output = path.join(root, 'dist/web');
const stampFile = path.join(output, '.stamp');

/**
 * Builds the web app unless what it is made of has not changed since the last build. Vite runs in a process of its
 * own, so that the server does not carry its memory.
 */
export async function buildWebIfStale(): Promise<string> {
  const stamp = sourceHash();
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return output;
  console.log('Building the web app ...');
  const code = await runPackage('vite/bin/vite.js', [
    'build',
    '--config',
    'web/vite.config.ts',
    '--logLevel',
    'warn',
  ]);
  if (code !== 0) throw new Error('The web app could not be built; see above.');
  writeFileSync(stampFile, stamp);
  return output;
}

function sourceHash(): string {
  const hash = createHash('sha256');
  for (const folder of ['web', 'src/contract']) {
    const files = readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile())
      .map(entry => path.join(entry.parentPath, entry.name))
      .sort();
    for (const file of files) hash.update(path.relative(root, file)).update('\0').update(readFileSync(file));
  }
  return hash.update(readFileSync(path.join(root, 'package-lock.json'))).digest('hex');
}
