import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { type PostgresServer, startPostgresServer } from './postgres-server.ts';

export interface TestPostgres {
  /** Of a fresh, empty database that only this caller has. */
  readonly url: string;
  stop(): Promise<void>;
}

/** This process's own server, while somebody uses it. */
let own: { server: Promise<PostgresServer | null>; users: number } | null = null;

/**
 * A database on the server that SKYLARK_TEST_DATABASE_URL names, else on one that is started here and shared by all
 * callers of this process. Null when there is neither.
 */
export async function startPostgres(): Promise<TestPostgres | null> {
  const given = process.env.SKYLARK_TEST_DATABASE_URL;
  const server = given ? { url: given } : await borrowServer();
  if (!server) return null;
  const name = `skylark_${randomUUID().replaceAll('-', '')}`;
  await run(server.url, `create database ${name}`);
  const url = new URL(server.url);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    async stop() {
      await run(server.url, `drop database if exists ${name} with (force)`);
      if (!given) await returnServer();
    },
  };
}

async function borrowServer(): Promise<PostgresServer | null> {
  own ??= { server: startPostgresServer(), users: 0 };
  const server = await own.server;
  if (server) own.users++;
  return server;
}

async function returnServer(): Promise<void> {
  if (!own || --own.users > 0) return;
  const { server } = own;
  own = null;
  await (await server)?.stop();
}

async function run(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
