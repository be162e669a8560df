import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiProblem } from '../net/api.ts';
import { fieldErrorsFrom, wrongIn } from './sign-up-fields.ts';

const right = { displayName: '', handle: 'ana_1', email: 'ana@harbour.example', password: 'larks at dawn' };

test('fields that fit have nothing wrong with them', () => {
  assert.deepEqual(wrongIn(right), {});
});

test('each wrong field gets a sentence of its own', () => {
  const wrong = wrongIn({ displayName: '', handle: 'Ana!', email: 'ana', password: 'short' });
  assert.deepEqual(Object.keys(wrong).sort(), ['email', 'handle', 'password']);
});

test('a refusal lands at the field it is about', () => {
  const problem = (code: ApiProblem['code'], detail: string) =>
    new ApiProblem({ code, detail, status: 400, advice: 'Choose another.' });
  assert.deepEqual(fieldErrorsFrom(problem('handle-taken', 'That handle is taken')), {
    handle: 'That handle is taken. Choose another.',
  });
  assert.deepEqual(Object.keys(fieldErrorsFrom(problem('email-taken', 'Taken'))), ['email']);
  assert.deepEqual(Object.keys(fieldErrorsFrom(problem('invalid-request', 'body/password is too short'))), [
    'password',
  ]);
  assert.deepEqual(fieldErrorsFrom(problem('internal', 'Something broke')), {});
});
