import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashPublishToken, matchesPublishToken } from './publish-token.ts';

test('a publish token is stored as its SHA-256', async () => {
  // FIPS 180-4, the digest of "abc".
  const hash = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  assert.equal(await hashPublishToken('abc'), hash);
});

test('only the token itself matches its hash', async () => {
  const hash = await hashPublishToken('0123456789');
  assert.equal(await matchesPublishToken('0123456789', hash), true);
  for (const other of ['', '012345678', '01234567890', '0123456780', hash])
    assert.equal(await matchesPublishToken(other, hash), false, other);
});
