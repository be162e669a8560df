import assert from 'node:assert/strict';
import { it } from 'node:test';
import { FakeClock } from '#base/fake-clock.ts';
import { ANSWER_LIFE_MS, ANSWER_WORK_MS_MAX, type Answers } from './answers.ts';

/** `open` gives a store of its own on `clock`; to be called within a suite. */
export function answersSuite(open: (clock: FakeClock) => Promise<Answers>): void {
  it('gives a key to one of many that begin it at once, and its answer to all later ones', async () => {
    const answers = await open(new FakeClock());
    const begun = await Promise.all(Array.from({ length: 5 }, () => answers.begin('k', 'f')));
    assert.deepEqual(begun.map(({ state }) => state).sort(), ['new', ...Array(4).fill('working')]);
    await answers.finish('k', 'the answer');
    assert.deepEqual(await answers.begin('k', 'g'), {
      state: 'answered',
      fingerprint: 'f',
      answer: 'the answer',
    });
    assert.deepEqual(await answers.begin('other', 'g'), { state: 'new' });
  });

  it('lets a request that came to nothing be sent again', async () => {
    const answers = await open(new FakeClock());
    await answers.begin('k', 'f');
    await answers.giveUp('k');
    assert.deepEqual(await answers.begin('k', 'g'), { state: 'new' });
    await answers.finish('k', 'a');
    await answers.giveUp('k');
    assert.equal((await answers.begin('k', 'g')).state, 'answered', 'an answer stays');
  });

  it('takes over what a process left that died, and forgets answers after their time', async () => {
    const clock = new FakeClock();
    const answers = await open(clock);
    await answers.begin('k', 'f');
    clock.advance(ANSWER_WORK_MS_MAX - 1);
    assert.equal((await answers.begin('k', 'f')).state, 'working');
    clock.advance(1);
    const begun = await Promise.all([answers.begin('k', 'f'), answers.begin('k', 'f')]);
    assert.deepEqual(begun.map(({ state }) => state).sort(), ['new', 'working']);
    await answers.finish('k', 'a');
    clock.advance(ANSWER_LIFE_MS);
    assert.deepEqual(await answers.begin('k', 'f'), { state: 'new' });
  });
}
