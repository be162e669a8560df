import type { FastifyInstance } from 'fastify';
import { openApi } from './openapi.ts';
import { docsPage } from './page.ts';
import { docsStyle } from './style.ts';

/** `/api/openapi.json` for programs and `/api/docs` for people, made once. */
export function installDocs(fastify: FastifyInstance): void {
  const document = JSON.stringify(openApi());
  const page = docsPage();
  serve(fastify, '/api/openapi.json', 'application/json; charset=utf-8', document);
  serve(fastify, '/api/docs', 'text/html; charset=utf-8', page);
  serve(fastify, '/api/docs/style.css', 'text/css; charset=utf-8', docsStyle);
}

function serve(fastify: FastifyInstance, url: string, type: string, content: string): void {
  fastify.get(url, async (_request, reply) =>
    reply.type(type).header('cache-control', 'no-cache').send(content),
  );
}
