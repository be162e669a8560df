import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { it } from 'node:test';
import { isOpenToOthers } from '#app/config.ts';
import { startSkylark } from '#app/start.ts';
import { startTestServer, testConfig } from '#tests/support/server.ts';
import { registerPerson } from '../../tools/api-person.ts';

const password = 'a lark in the morning';

it('nothing in a data folder can be read by others, of an earlier version either', async () => {
  const dataDirectory = await mkdtemp(path.join(tmpdir(), 'skylark-modes-'));
  const outside = await mkdtemp(path.join(tmpdir(), 'skylark-outside-'));
  await chmod(outside, 0o755);
  await mkdir(path.join(dataDirectory, 'blobs', 'old'), { recursive: true });
  await writeFile(path.join(dataDirectory, 'blobs', 'old', 'segment'), 'x');
  for (const open of ['blobs', 'blobs/old']) await chmod(path.join(dataDirectory, open), 0o755);
  await chmod(path.join(dataDirectory, 'blobs/old/segment'), 0o644);
  await symlink(outside, path.join(dataDirectory, 'elsewhere'));
  await chmod(dataDirectory, 0o755);
  const server = await startTestServer({ dataDirectory });
  try {
    await registerPerson(server.url, { handle: 'ana', password });
    const entries = await readdir(dataDirectory, { recursive: true, withFileTypes: true });
    const files = entries.filter(entry => !entry.isSymbolicLink());
    for (const entry of files) {
      const name = path.join(entry.parentPath, entry.name);
      assert.equal((await stat(name)).mode & 0o077, 0, name);
    }
    assert.ok(files.length > 5, 'the database, the secret and more');
    assert.equal((await stat(dataDirectory)).mode & 0o777, 0o700);
    assert.equal((await stat(outside)).mode & 0o777, 0o755, 'a link is not followed');
  } finally {
    await server.close();
    await rm(outside, { recursive: true });
  }
});

it('a server that others can reach gives its first account to who has the link that the start prints', async () => {
  const dataDirectory = await mkdtemp(path.join(tmpdir(), 'skylark-first-'));
  const config = { ...testConfig(dataDirectory), publicUrl: 'https://sky.example' };
  const running = await startSkylark(config);
  try {
    assert.match(running.firstAccountUrl!, /^https:\/\/sky\.example\/sign-up\?first=\w{40}$/);
    const { url } = running;
    await assert.rejects(registerPerson(url, { handle: 'mallory', password }), /first-account-closed/);
    const firstAccountCode = new URL(running.firstAccountUrl!).searchParams.get('first')!;
    await registerPerson(url, { handle: 'ana', password, firstAccountCode });
    await registerPerson(url, { handle: 'ben', password });
  } finally {
    await running.close();
  }
  const again = await startSkylark(config);
  assert.equal(again.firstAccountUrl, null);
  await again.close();
  await rm(dataDirectory, { recursive: true });
});

it('a server is open to others when it listens to more than this machine or says a public address', () => {
  const own = testConfig('/nowhere');
  const local = [{}, { host: '::1' }, { host: 'localhost' }, { publicUrl: 'http://localhost:8080' }];
  const open = [
    { host: '0.0.0.0' },
    { host: '::' },
    { host: '192.0.2.1' },
    { host: 'sky.example' },
    { publicUrl: 'https://sky.example' },
    { trustedProxies: ['127.0.0.1'] },
  ];
  for (const change of local)
    assert.equal(isOpenToOthers({ ...own, ...change }), false, JSON.stringify(change));
  for (const change of open)
    assert.equal(isOpenToOthers({ ...own, ...change }), true, JSON.stringify(change));
});
