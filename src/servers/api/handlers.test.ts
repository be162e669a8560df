import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { methods } from '#contract/api/index.ts';
import { accountHandlers } from './accounts/index.ts';
import { liveHandlers } from './live/index.ts';
import { socialHandlers } from './social/index.ts';

describe('the handlers', () => {
  it('answer every method of the contract, each once', () => {
    const handled = [...accountHandlers, ...socialHandlers, ...liveHandlers].map(
      handler => handler.method.name,
    );
    assert.deepEqual(handled.sort(), Object.keys(methods).sort());
  });

  it('stand at addresses of their own', () => {
    const places = Object.values(methods).map(method => `${method.verb} ${method.path}`);
    assert.equal(new Set(places).size, places.length);
  });

  it('go by the name that the contract files them under', () => {
    for (const [name, method] of Object.entries(methods)) assert.equal(method.name, name);
  });
});
