import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { assert } from '#base/assert.ts';

/** Files of the built app, and their bytes with the compressed copies: both live in memory. */
export const WEB_FILES_MAX = 2000;
export const WEB_BYTES_MAX = 64 * 1024 * 1024;
/** Below this a compressed copy saves nothing that a packet would notice. */
const COMPRESS_BYTES_MIN = 1024;

export type Encoding = 'br' | 'gzip';

export interface WebFile {
  readonly type: string;
  readonly bytes: Buffer;
  readonly compressed: Readonly<Partial<Record<Encoding, Buffer>>>;
  /** Without quotes; of the bytes as they are before compression. */
  readonly tag: string;
  /** Whether the name carries a hash of the content. */
  readonly immutable: boolean;
}

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
};
const compressible = /^(?:text\/|application\/|image\/svg)/;

/** Every file of a built app by its address (`/assets/main-1a2b.js`). Names that begin with a dot are not served. */
export async function loadFiles(directory: string): Promise<ReadonlyMap<string, WebFile>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const addresses = entries
    .filter(entry => entry.isFile())
    .map(entry => path.relative(directory, path.join(entry.parentPath, entry.name)).split(path.sep))
    .filter(parts => !parts.some(part => part.startsWith('.')))
    .map(parts => parts.join('/'));
  assert(addresses.length <= WEB_FILES_MAX, `the web app has at most ${WEB_FILES_MAX} files`);
  const files = new Map<string, WebFile>();
  let total = 0;
  for (const address of addresses) {
    const file = await loadFile(directory, address);
    total += sizeOf(file);
    assert(total <= WEB_BYTES_MAX, `the web app has at most ${WEB_BYTES_MAX} bytes`);
    files.set(`/${address}`, file);
  }
  return files;
}

async function loadFile(directory: string, address: string): Promise<WebFile> {
  const bytes = await readFile(path.join(directory, address));
  const type = types[path.extname(address)] ?? 'application/octet-stream';
  return {
    type,
    bytes,
    compressed: compressible.test(type) ? await compress(bytes) : {},
    tag: createHash('sha256').update(bytes).digest('base64url').slice(0, 22),
    immutable: address.startsWith('assets/'),
  };
}

/** Hard enough to be near the smallest, easy enough to start at once: a few hundred kilobytes in a tenth of a second. */
async function compress(bytes: Buffer): Promise<WebFile['compressed']> {
  if (bytes.length < COMPRESS_BYTES_MIN) return {};
  const [br, gzip] = await Promise.all([
    promisify(zlib.brotliCompress)(bytes, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 9 } }),
    promisify(zlib.gzip)(bytes, { level: 9 }),
  ]);
  return { ...(br.length < bytes.length ? { br } : {}), ...(gzip.length < bytes.length ? { gzip } : {}) };
}

function sizeOf({ bytes, compressed }: WebFile): number {
  return bytes.length + (compressed.br?.length ?? 0) + (compressed.gzip?.length ?? 0);
}
