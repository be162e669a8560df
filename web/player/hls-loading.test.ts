import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type Hls from 'hls.js';
import { promptLoading } from './hls-loading.ts';

class Usual {
  ticks = 0;
  loadingParts = true;

  tick(): void {
    this.ticks += 1;
  }

  getFragmentAtPosition(bufferEnd: number): number {
    return bufferEnd;
  }
}

describe('what fetches for hls.js', () => {
  const heard = new Map<string, () => void>();
  const hls = { on: (event: string, listener: () => void) => heard.set(event, listener) };
  let pictures: Usual;
  let sound: Usual;

  beforeEach(() => {
    const player = {
      DefaultConfig: { streamController: Usual, audioStreamController: Usual },
      Events: { INIT_PTS_FOUND: 'hlsInitPtsFound' },
    } as unknown as typeof Hls;
    const config = promptLoading(player) as unknown as Record<string, new (hls: unknown) => Usual>;
    pictures = new config.streamController!(hls);
    sound = new config.audioStreamController!(hls);
  });

  it('looks for sound twice as soon as the first picture has told the time', () => {
    assert.equal(sound.ticks, 0);
    heard.get('hlsInitPtsFound')?.();
    assert.deepEqual([sound.ticks, pictures.ticks], [2, 0]);
  });

  it('looks for the next part a little past the end of the buffer, as playlists and browsers round', () => {
    assert.deepEqual([pictures.getFragmentAtPosition(4), sound.getFragmentAtPosition(4)], [4.002, 4.002]);
    pictures.loadingParts = sound.loadingParts = false;
    assert.deepEqual([pictures.getFragmentAtPosition(4), sound.getFragmentAtPosition(4)], [4, 4]);
  });
});
