import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type Hls from 'hls.js';
import { promptSound } from './hls-sound.ts';

describe('the sound of hls.js', () => {
  it('is looked for twice as soon as the first picture has told the time', () => {
    let ticks = 0;
    const heard = new Map<string, () => void>();
    class Usual {
      tick(): void {
        ticks += 1;
      }
    }
    const player = {
      DefaultConfig: { audioStreamController: Usual },
      Events: { INIT_PTS_FOUND: 'hlsInitPtsFound' },
    } as unknown as typeof Hls;
    const Prompt = promptSound(player) as unknown as new (hls: unknown) => Usual;
    new Prompt({ on: (event: string, listener: () => void) => heard.set(event, listener) });
    assert.equal(ticks, 0);
    heard.get('hlsInitPtsFound')?.();
    assert.equal(ticks, 2);
  });
});
