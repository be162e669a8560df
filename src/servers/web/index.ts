import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Fault } from '#base/fault.ts';
import { loadFiles, type WebFile } from './files.ts';
import { chooseEncoding, isHeld } from './negotiate.ts';

/** Addresses of other servers and of bare files: nothing below them is a page of the app. */
const NOT_PAGES = /^\/(?:api|assets|hls|whip|whep|socket|healthz|readyz|metrics)(?:\/|$)/;

/** No page of ours has a dot in its last part; a file that is not there is not there. */
const BARE_FILE = /\.[^/]*$/;

/** Where a path steps about, somebody looks for files. */
const STEPS = /\/\.\.?(?:\/|$)/;

export interface WebOptions {
  /** The built app: holds `index.html`. */
  readonly directory: string;
}

/** Serves the built web app at every address that nobody else takes. */
export function registerWeb(fastify: FastifyInstance, { directory }: WebOptions): void {
  fastify.register(async scope => {
    const files = await loadFiles(directory);
    const app = files.get('/index.html');
    if (!app) throw new Fault(`the web app is not built: ${directory} holds no index.html`);
    scope.get('/*', async (request, reply) => {
      const path = `/${(request.params as { '*': string })['*']}`;
      const file = path === '/' ? app : (files.get(path) ?? (isPage(path) ? app : undefined));
      // The instance's own handler answers: it tells an unknown address from a wrong verb.
      if (!file) return reply.callNotFound();
      return send(file, request, reply);
    });
  });
}

/** Whatever the caller says that it takes: what makes previews of links asks for anything, or by HEAD. */
function isPage(path: string): boolean {
  return !NOT_PAGES.test(path) && !BARE_FILE.test(path) && !STEPS.test(path);
}

function send(file: WebFile, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const encoding = chooseEncoding(request.headers['accept-encoding'], file);
  const tag = `"${file.tag}${encoding ? `-${encoding}` : ''}"`;
  reply
    .header('etag', tag)
    .header('vary', 'accept-encoding')
    .header('cache-control', file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache');
  if (isHeld(request.headers['if-none-match'], tag)) return reply.code(304).send();
  if (encoding) reply.header('content-encoding', encoding);
  return reply.type(file.type).send(encoding ? file.compressed[encoding] : file.bytes);
}
