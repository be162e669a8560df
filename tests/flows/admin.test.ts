import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { admin } from '#app/admin/admin.ts';
import { readHolder } from '#app/data-folder.ts';
import type { CreatedBroadcast } from '#contract/api/broadcasts.ts';
import type { Broadcast } from '#contract/api/types.ts';
import { skipWithout } from '#tests/support/backend.ts';
import { password } from '#tests/support/people.ts';
import { startTestServer, type TestServer, testConfig } from '#tests/support/server.ts';
import { mountSmallDisk } from '#tests/support/small-disk.ts';
import { startSyntheticPublisher } from '#tests/support/synthetic-publisher.ts';
import { until } from '#tests/support/until.ts';
import { type ApiPerson, registerPerson } from '../../tools/api-person.ts';

const LIVE_MS_MAX = 60_000;
const disk = await mountSmallDisk(16 * 1024 * 1024);

describe('npm run admin', () => {
  let server: TestServer;
  let ben: ApiPerson;
  before(async () => {
    server = await startTestServer();
    await registerPerson(server.url, { handle: 'ana', password });
    ben = await registerPerson(server.url, { handle: 'ben', password });
  });
  after(() => server.close());

  const run = (...words: string[]) => admin(testConfig(server.dataDirectory), words);
  const roleOf = async (handle: string) => {
    const response = await fetch(`${server.url}/api/v1/accounts/${handle}`);
    return ((await response.json()) as { role?: string }).role;
  };

  it('asks the server that runs', async () => {
    assert.deepEqual(await run('role', 'ben', 'operator'), { ok: true, text: '@ben is an operator now.' });
    assert.equal(await roleOf('ben'), 'operator');
  });

  it('resets a password, and signs its owner out', async () => {
    const { ok, text: said } = await run('reset-password', 'ben');
    assert.ok(ok);
    const next = /is now: (\S+)/.exec(said)?.[1];
    const signIn = async (given: string) =>
      (
        await fetch(`${server.url}/api/v1/sign-in`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ login: 'ben', password: given }),
        })
      ).status;
    assert.deepEqual([await signIn(next!), await signIn(password)], [200, 401]);
    await assert.rejects(ben.call('GET', '/api/v1/me'), /sign-in-required/);
    assert.match((await run('reset-password')).text, /^Usage: .* reset-password HANDLE$/);
  });

  it('ends a broadcast, with a server and without', async () => {
    const cat = await registerPerson(server.url, { handle: 'cat', password });
    const broadcasts = ['/api/v1/broadcasts', { title: 'Too loud' }] as const;
    const [one, other] = [
      await cat.call<CreatedBroadcast>('POST', ...broadcasts),
      await cat.call<CreatedBroadcast>('POST', ...broadcasts),
    ];
    const stateOf = async ({ id }: CreatedBroadcast) =>
      (await cat.call<Broadcast>('GET', `/api/v1/broadcasts/${id}`)).state;
    assert.deepEqual(await run('end', one.id), { ok: true, text: '“Too loud” by @cat is over.' });
    assert.deepEqual([await stateOf(one), await stateOf(other)], ['ended', 'starting']);
    assert.deepEqual(await run('live'), { ok: true, text: 'Nothing is on the air.' });
    const { ok, text: said } = await run('end', 'nothing-of-that-name');
    assert.ok(!ok);
    assert.match(said, /no broadcast/i);
    await server.stop();
    const ended = await run('end', other.id);
    await server.restart();
    assert.deepEqual([ended.ok, await stateOf(other)], [true, 'ended']);
  });

  it('ends what is on the air, and lists it until then', async () => {
    const dora = await registerPerson(server.url, { handle: 'dora', password });
    const created = await dora.call<CreatedBroadcast>('POST', '/api/v1/broadcasts', { title: 'On the air' });
    const stateOf = async () => (await dora.call<Broadcast>('GET', `/api/v1/broadcasts/${created.id}`)).state;
    const publisher = startSyntheticPublisher({
      ...created,
      whipUrl: new URL(created.whipUrl, server.url).href,
    });
    try {
      await until('it is live', async () => (await stateOf()) === 'live', LIVE_MS_MAX);
      assert.equal((await run('live')).text, `${created.id}  live  @dora  On the air`);
      assert.match((await run('doctor')).text, /on the air: 1\./);
      assert.ok((await run('end', created.id)).ok);
      assert.match(await stateOf(), /ended|archived/);
      assert.equal((await run('live')).text, 'Nothing is on the air.');
    } finally {
      await publisher.close();
    }
  });

  it('says what is wrong with a command', async () => {
    assert.deepEqual(await run('role', 'nobody-here', 'member'), {
      ok: false,
      text: 'There is no account @nobody-here.',
    });
    const { ok, text } = await run('role', 'ben', 'king');
    assert.ok(!ok);
    assert.match(text, /^Usage: npm run admin -- role HANDLE operator\|member$/);
    assert.match(
      (await run('toString')).text,
      /^Usage: npm run admin -- COMMAND\n(.*\n)* {2}reset-password HANDLE +give/,
    );
    assert.match((await run()).text, /Usage/);
  });

  it('listens where only the owner of the folder comes in, and only to commands', async () => {
    const address = (await readHolder(server.dataDirectory))!.admin!;
    assert.equal((await stat(address)).mode & 0o777, 0o600);
    for (const request of ['{"role":1}\n', 'role ben member\n', `${'x'.repeat(100_000)}\n`]) {
      const socket = connect({ path: address, allowHalfOpen: true }).on('error', () => undefined);
      socket.end(request);
      const answer = await text(socket).catch(() => '');
      assert.match(answer, /^(\{"ok":false.*\n)?$/);
    }
    assert.equal(await roleOf('ben'), 'operator');
  });

  it('does it by itself where no server runs, and keeps the folder meanwhile', async () => {
    await server.stop();
    assert.deepEqual(await run('role', 'ben', 'member'), { ok: true, text: '@ben is a member now.' });
    await server.restart();
    assert.equal(await roleOf('ben'), 'member');
  });

  it('is reached in a folder whose path is longer than a socket’s address may be', async () => {
    const long = await mkdtemp(path.join(tmpdir(), `skylark-${'long-'.repeat(20)}`));
    const other = await startTestServer({ dataDirectory: long });
    try {
      await registerPerson(other.url, { handle: 'ana', password });
      assert.ok((await admin(testConfig(long), ['role', 'ana', 'member'])).ok);
    } finally {
      await other.close();
      await rm(long, { recursive: true, force: true });
    }
  });
});

describe('npm run admin -- doctor', () => {
  after(() => disk?.close());
  const skip = skipWithout('small disk', disk !== null);

  it('says what is well, and what to do about the rest', async () => {
    const server = await startTestServer();
    const run = () => admin(testConfig(server.dataDirectory), ['doctor']);
    try {
      const closed = await run();
      assert.match(closed.text, /^well {3}A row was stored in SQLite/);
      assert.match(closed.text, /^well {3}Nobody else on this machine can read/m);
      await chmod(server.dataDirectory, 0o755);
      const open = await run();
      assert.ok(!open.ok);
      assert.match(open.text, /^WRONG {2}Others on this machine can read .*: restart/m);
    } finally {
      await server.close();
    }
  });

  it('says that nobody has an account, and that strangers get no camera', async () => {
    const server = await startTestServer({ publicUrl: 'http://sky.example' });
    const { ok, text: said } = await admin(testConfig(server.dataDirectory), ['doctor']);
    await server.close();
    assert.ok(!ok);
    assert.match(said, /^WRONG {2}Nobody has an account yet/m);
    assert.match(said, /^WRONG {2}SKYLARK_PUBLIC_URL is not https/m);
  });

  it('says that the disk is full', { skip }, async () => {
    const dataDirectory = path.join(disk!.directory, 'data');
    const server = await startTestServer({ dataDirectory });
    try {
      await disk!.fill();
      const { ok, text: said } = await admin(testConfig(dataDirectory), ['doctor']);
      assert.ok(!ok);
      assert.match(said, /^WRONG {2}Nothing can be stored \(/m);
      assert.match(said, /^WRONG {2}Only 0\.0 GiB are free/m);
    } finally {
      await disk!.free();
      await server.close();
    }
  });
});
