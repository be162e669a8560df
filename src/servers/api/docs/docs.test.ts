import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { methods } from '#contract/api/index.ts';
import type { MethodShape } from '#contract/api/method.ts';
import { type ErrorCode, type ErrorEntry, errors } from '#contract/errors.ts';
import { startTestApi, type TestApi } from '#tests/support/api.ts';
import { openApi } from './openapi.ts';
import { shapeOf } from './shape.ts';

const root = path.resolve(import.meta.dirname, '../../../..');
const catalogue = Object.entries<ErrorEntry>(errors);

describe('the documentation', () => {
  let api: TestApi;
  before(async () => {
    api = await startTestApi({ handlers: [] });
  });
  after(() => api.close());

  it('is an OpenAPI 3.1 document with every method of the contract', async () => {
    const { body, headers } = await api.call('GET', '/api/openapi.json');
    assert.match(headers.get('content-type')!, /^application\/json/);
    assert.equal(body.openapi, '3.1.0');
    const listed = Object.entries(
      body.paths as Record<string, Record<string, { operationId: string }>>,
    ).flatMap(([at, verbs]) =>
      Object.entries(verbs).map(
        ([verb, operation]) => `${operation.operationId} ${verb.toUpperCase()} ${at}`,
      ),
    );
    const expected = Object.values<MethodShape>(methods).map(m => `${m.name} ${m.verb} ${m.path}`);
    assert.deepEqual(listed.sort(), expected.sort());
    assert.equal(
      new Set(listed.map(line => line.split(' ')[0])).size,
      listed.length,
      'operationIds are unique',
    );
  });

  it('holds no reference that leads nowhere, and every address has its parameters', () => {
    const document = openApi();
    const names = Object.keys(document.components.schemas);
    for (const [, name] of JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g))
      assert.ok(names.includes(name!), `${name}`);
    for (const [at, verbs] of Object.entries(document.paths)) {
      const inAddress = [...at.matchAll(/\{(\w+)\}/g)].map(match => match[1]);
      for (const operation of Object.values(verbs as Record<string, { parameters: Parameter[] }>)) {
        const described = operation.parameters.filter(parameter => parameter.in === 'path');
        assert.deepEqual(
          described.map(parameter => parameter.name),
          inAddress,
          at,
        );
        assert.ok(described.every(parameter => parameter.required));
      }
    }
  });

  it('names types once, constants as an enum and tuples by position', () => {
    const { schemas } = openApi().components;
    const { properties } = schemas.Post as { properties: Record<string, object> };
    assert.deepEqual(properties.author, { $ref: '#/components/schemas/AccountSummary' });
    assert.deepEqual(schemas.BroadcastState?.enum, ['starting', 'live', 'interrupted', 'ended', 'archived']);
    assert.match(JSON.stringify(openApi()), /"prefixItems":\[\{"type":"integer"/);
  });

  it('is readable at /api/docs, without anything from elsewhere', async () => {
    const { body, headers } = await api.call('GET', '/api/docs');
    assert.equal(headers.get('content-type'), 'text/html; charset=utf-8');
    for (const method of Object.values<MethodShape>(methods))
      assert.ok(body.includes(`<section id="${method.name}">`), method.name);
    for (const [code] of catalogue) assert.ok(body.includes(`<section id="error-${code}">`), code);
    assert.doesNotMatch(body, /(?:src|href)="(?:https?:)?\/\//);
    assert.equal((await api.call('GET', '/api/docs/style.css')).status, 200);
  });

  it('sketches a schema as a person reads it', () => {
    assert.equal(
      shapeOf(methods.createPost.body),
      '{\n  text: string  // 1 to 10000 characters\n  replyToId?: string  // An opaque id that sorts by time; 1 to 64 characters\n}',
    );
  });
});

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
}

describe('the error catalogue', () => {
  it('is listed whole and as it stands in docs/errors.md', () => {
    const rows = readFileSync(path.join(root, 'docs/errors.md'), 'utf8')
      .split('\n')
      .filter(line => line.startsWith('| `'));
    const expected = catalogue.map(
      ([code, { status, title, advice }]) => `| \`${code}\` | ${status} | ${title} | ${advice} |`,
    );
    assert.deepEqual(rows, expected);
  });

  it('holds no code that nothing can answer with', () => {
    const sources = readdirSync(path.join(root, 'src'), { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile() && /(?<!\.test|\.suite)\.ts$/.test(entry.name))
      .map(entry => readFileSync(path.join(entry.parentPath, entry.name), 'utf8'))
      .join('\n');
    const refusals = [...sources.matchAll(/new Refusal\([^;]*/g)].map(match => match[0]).join('\n');
    const thrown = new Set([...refusals.matchAll(/'([a-z-]+)'/g)].map(match => match[1]));
    const promised = new Set(Object.values<MethodShape>(methods).flatMap(method => method.errors));
    const unreachable = catalogue.filter(([code]) => !thrown.has(code) && !promised.has(code as ErrorCode));
    assert.deepEqual(
      unreachable.map(([code]) => code),
      [],
    );
  });
});
