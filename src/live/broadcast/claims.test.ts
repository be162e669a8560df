import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { FakeClock } from '#base/fake-clock.ts';
import type { ErrorCode } from '#contract/errors.ts';
import { type Claim, Claims, HOLD_MS, LOSERS_MAX } from './claims.ts';

describe('Claims', () => {
  let clock: FakeClock;
  let claims: Claims;
  let sessions: number;

  beforeEach(() => {
    clock = new FakeClock();
    claims = new Claims(clock);
    sessions = 0;
  });

  /** One that goes on the air while the one before it is heard; gives its session. */
  const take = (client: string, after: Claim['after'] = null, isHeard = true): string => {
    const claim = { client, session: `${client}-${++sessions}`, after };
    claims.check(claim, isHeard);
    claims.seated(claim, isHeard);
    return claim.session;
  };
  const refused = (code: ErrorCode, run: () => void) => assert.throws(run, { code });

  it('whoever comes takes over at once', () => {
    take('laptop');
    take('phone');
    take('encoder');
  });

  it('who names its own session goes on, until somebody else came after it', () => {
    const first = take('laptop');
    const second = take('laptop', [first]);
    const phone = take('phone');
    refused('taken-over', () => take('laptop', [second]));
    refused('taken-over', () => take('laptop', [first, second], false));
    take('phone', [phone]);
  });

  it('a session from before a restart is nobody to have taken over', () => {
    take('laptop', ['"of another process"'], false);
  });

  it('a person takes it back, and as often as wanted', () => {
    for (const client of ['laptop', 'phone', 'laptop', 'phone', 'laptop', 'phone']) take(client, '*');
  });

  /** One that takes it from whoever has it, and is lost before its first key frame. */
  const wish = (client: string, after: Claim['after']): string => {
    const claim = { client, session: `${client}-${++sessions}`, after };
    claims.check(claim, true);
    return claim.session;
  };

  it('a person who takes it back is not told of the other one again, however often the connection is lost before a picture', () => {
    const first = take('laptop');
    take('phone');
    refused('taken-over', () => take('laptop', [first]));
    const second = wish('laptop', '*');
    const third = wish('laptop', [second]);
    take('laptop', [second, third]);
    refused('taken-over', () => take('phone', ['phone-2']));
  });

  it('who takes it back and is lost is told when another one came meanwhile', () => {
    take('laptop');
    take('phone');
    const lost = wish('laptop', '*');
    take('tablet');
    refused('taken-over', () => take('laptop', [lost]));
  });

  it('who only goes on, and is lost, has no claim against another one that came meanwhile', () => {
    const first = take('laptop');
    const lost = wish('laptop', [first]);
    take('phone');
    refused('taken-over', () => take('laptop', [first, lost]));
  });

  it('an encoder that was taken over and does not know is kept out, however long it tries', () => {
    take('encoder');
    take('phone');
    // As OBS does: two seconds, then half as much again each time.
    for (let waitMs = 2_000; waitMs < 15 * 60_000; waitMs *= 1.5) {
      clock.advance(waitMs);
      refused('already-publishing', () => take('encoder'));
    }
  });

  it('one that stayed away for a while is a person again', () => {
    take('encoder');
    take('phone');
    clock.advance(HOLD_MS);
    take('encoder');
  });

  it('nobody is kept out for one that is not heard any more', () => {
    take('encoder');
    take('phone');
    take('encoder', null, false);
  });

  it('a person may take it back before the encoder gave up', () => {
    take('encoder');
    take('phone');
    refused('already-publishing', () => take('encoder'));
    take('encoder', '*');
    refused('already-publishing', () => take('phone'));
  });

  it('two that look the same take three turns, then the later one keeps it', () => {
    take('encoder');
    for (let turn = 0; turn < 3; turn++) {
      clock.advance(2_000);
      take('encoder');
    }
    for (let waitMs = 2_000; waitMs < 15 * 60_000; waitMs *= 1.5) {
      clock.advance(waitMs);
      refused('already-publishing', () => take('encoder'));
    }
  });

  it('one that comes back after it fell silent has used no turn', () => {
    for (let i = 0; i < 10; i++) take('encoder', null, false);
    take('encoder');
  });

  it('says when to come back', () => {
    take('encoder');
    take('phone');
    assert.throws(() => take('encoder'), { retryAfterS: (HOLD_MS * 2) / 1000 });
    assert.throws(() => take('encoder'), { retryAfterS: (HOLD_MS * 4) / 1000 });
  });

  it('remembers so many losers and no more', () => {
    take('encoder');
    for (let i = 0; i < LOSERS_MAX + 2; i++) take(`client ${i}`);
    take('encoder');
  });
});
