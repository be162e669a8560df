import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { FakeClock } from '#base/fake-clock.ts';
import { Refusal } from '#contract/errors.ts';
import { PASSWORD_WAIT_MS, PASSWORDS_WAITING_MAX, PasswordGate } from './password-gate.ts';

describe('the password gate', () => {
  let clock: FakeClock;
  let gate: PasswordGate;
  /** Who is in, in the order they came in; each `finish` lets the next one. */
  let entered: string[];
  let finish: () => Promise<void>;

  beforeEach(() => {
    clock = new FakeClock();
    gate = new PasswordGate(clock);
    entered = [];
    const done: (() => void)[] = [];
    finish = async () => {
      done.shift()!();
      await new Promise(setImmediate);
    };
    enter = (name, place, isKnown = false) => {
      const outcome = gate
        .run({ place, isKnown }, () => {
          entered.push(name);
          return new Promise<void>(resolve => done.push(resolve));
        })
        .then(
          () => 'done',
          (cause: unknown) => (cause instanceof Refusal ? cause.code : String(cause)),
        );
      return outcome;
    };
  });
  let enter: (name: string, place: string, isKnown?: boolean) => Promise<string>;

  it('lets one in at a time, known devices first, then in the order they came', async () => {
    const all = [enter('a', '1'), enter('b', '2'), enter('c', '3'), enter('mine', '4', true)];
    assert.deepEqual(entered, ['a']);
    for (let left = 0; left < 4; left++) await finish();
    assert.deepEqual(entered, ['a', 'mine', 'b', 'c']);
    assert.deepEqual(await Promise.all(all), Array(4).fill('done'));
    const later = enter('later', '1');
    assert.equal(entered.at(-1), 'later', 'nobody is in: no waiting');
    await finish();
    await later;
  });

  it('refuses who would wait too long, and says when to come back', async () => {
    void enter('a', '1');
    const waits = gate.run({ place: '2', isKnown: true }, async () => {});
    clock.advance(PASSWORD_WAIT_MS);
    await assert.rejects(
      waits,
      (cause: unknown) =>
        cause instanceof Refusal && cause.code === 'too-many-requests' && cause.retryAfterS === 1,
    );
    await finish();
    assert.deepEqual(entered, ['a']);
  });

  it('takes the place of one who asks again and again for one who asks once', async () => {
    void enter('in', 'flood');
    const flood = Array.from({ length: PASSWORDS_WAITING_MAX }, (_, n) => enter(`flood ${n}`, 'flood'));
    const honest = enter('honest', 'elsewhere');
    assert.equal(await flood.at(-1), 'too-many-requests');
    assert.equal(await enter('more', 'flood'), 'too-many-requests');
    for (let left = 0; left <= PASSWORDS_WAITING_MAX; left++) await finish();
    assert.equal(await honest, 'done');
  });

  it('keeps strangers from taking the place of a known device', async () => {
    void enter('in', '0');
    const strangers = Array.from({ length: PASSWORDS_WAITING_MAX }, (_, n) => enter(`s${n}`, `${n}`));
    const mine = enter('mine', '9', true);
    await finish();
    assert.equal(entered[1], 'mine');
    assert.equal((await Promise.race([...strangers, mine])).length > 0, true);
  });

  it('goes on after one that failed', async () => {
    await assert.rejects(
      gate.run({ place: '1', isKnown: false }, async () => Promise.reject(new Error('x'))),
    );
    await gate.run({ place: '1', isKnown: false }, async () => {});
  });
});
