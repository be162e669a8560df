import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { buildWebIfStale } from '../../tools/web-build.ts';

/** JavaScript of the home page's first load, gzipped. */
const FIRST_LOAD_KB_MAX = 60;

interface Chunk {
  readonly file: string;
  readonly isEntry?: boolean;
  readonly imports?: readonly string[];
}

it(`the home page's first load is at most ${FIRST_LOAD_KB_MAX} KB of JavaScript, gzipped`, async t => {
  const folder = await buildWebIfStale();
  const manifest = JSON.parse(readFileSync(path.join(folder, '.vite/manifest.json'), 'utf8')) as Record<
    string,
    Chunk
  >;
  const files = new Set<string>();
  const follow = (name: string) => {
    const chunk = manifest[name]!;
    if (files.has(chunk.file)) return;
    files.add(chunk.file);
    for (const imported of chunk.imports ?? []) follow(imported);
  };
  for (const [name, chunk] of Object.entries(manifest)) if (chunk.isEntry) follow(name);
  assert.ok(files.size > 0, 'the manifest names an entry');
  const bytes = [...files].reduce(
    (sum, file) => sum + gzipSync(readFileSync(path.join(folder, file))).length,
    0,
  );
  t.diagnostic(`${(bytes / 1024).toFixed(1)} KB in ${files.size} files`);
  assert.ok(bytes <= FIRST_LOAD_KB_MAX * 1024, `${bytes} bytes in ${[...files].join(', ')}`);
});
