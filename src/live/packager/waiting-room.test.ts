import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '#base/fake-clock.ts';
import { Refusal } from '#contract/errors.ts';
import { type HlsOutcome, Pending, playlistBody } from './source.ts';
import { WaitingRoom } from './waiting-room.ts';

const body = playlistBody('#EXTM3U\n');

test('who waits is served once, by the first wake that has something', () => {
  const room = new WaitingRoom(new FakeClock(), 10, 1000);
  let ready: HlsOutcome | null = null;
  const answer = room.answer(() => ready);
  assert.ok(answer instanceof Pending);
  const got: HlsOutcome[] = [];
  answer.onSettled(outcome => got.push(outcome));
  room.wake();
  ready = body;
  room.wake();
  room.wake();
  assert.deepEqual(got, [body]);
  assert.equal(room.size, 0);
});

test('who leaves frees their place and hears nothing', () => {
  const clock = new FakeClock();
  const room = new WaitingRoom(clock, 1, 1000);
  const answer = room.answer(() => null);
  assert.ok(answer instanceof Pending);
  answer.onSettled(() => assert.fail('nobody listens'));
  answer.cancel();
  assert.equal(room.size, 0);
  assert.ok(room.answer(() => null) instanceof Pending);
  clock.advance(500);
});

test('a full room refuses instead of growing', () => {
  const room = new WaitingRoom(new FakeClock(), 2, 1000);
  room.answer(() => null);
  room.answer(() => null);
  const answer = room.answer(() => null);
  assert.ok(answer instanceof Refusal);
  assert.equal(answer.code, 'busy');
  assert.equal(
    room.answer(() => body),
    body,
    'what is there already needs no place',
  );
});

test('each waits the given time at most, counted from their own arrival', () => {
  const clock = new FakeClock();
  const room = new WaitingRoom(clock, 10, 1000);
  const codes: string[] = [];
  const enter = (name: string) => {
    const answer = room.answer(() => null);
    assert.ok(answer instanceof Pending);
    answer.onSettled(outcome => codes.push(`${name} ${(outcome as Refusal).code}`));
  };
  enter('first');
  clock.advance(900);
  enter('second');
  clock.advance(700);
  assert.deepEqual(codes, ['first nothing-new']);
  clock.advance(1000);
  assert.deepEqual(codes, ['first nothing-new', 'second nothing-new']);
});
