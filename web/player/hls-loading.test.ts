import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type Hls from 'hls.js';
import type { LevelDetails } from 'hls.js';
import { dropMisreadReports, promptLoading } from './hls-loading.ts';

class Usual {
  ticks = 0;
  loadingParts = true;

  tick(): void {
    this.ticks += 1;
  }

  getFragmentAtPosition(bufferEnd: number): number {
    return bufferEnd;
  }

  loadInitSegmentIfNeeded(): string {
    return 'fetched';
  }

  shouldLoadParts(_details: unknown, endS: number): boolean {
    return endS > 10;
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

  it('takes parts at once where all there is is listed in parts', () => {
    const listed = (startSN: number, live = true) => ({ live, startSN, partList: [{ fragment: { sn: 3 } }] });
    for (const controller of [pictures, sound]) {
      assert.ok(controller.shouldLoadParts(listed(3), 1));
      assert.ok(!controller.shouldLoadParts(listed(2), 1), 'the oldest segment has no parts');
      assert.ok(controller.shouldLoadParts(listed(2), 11), 'as usual');
      assert.ok(!controller.shouldLoadParts(listed(3, false), 1));
      assert.ok(!controller.shouldLoadParts(undefined, 1));
    }
  });

  it('fetches nothing for a gap: its end would be the end of what is fetched instead', () => {
    const fragment = (...tagList: string[][]) => ({ tagList });
    for (const controller of [pictures, sound]) {
      const load = controller.loadInitSegmentIfNeeded as (fragment: unknown) => unknown;
      assert.equal(load(fragment(['INF', '2'], ['GAP'])), undefined);
      assert.equal(load(fragment(['INF', '2'])), 'fetched');
    }
  });

  it('overrides what hls.js has', async () => {
    const { default: HlsPlayer } = await import('hls.js');
    const { streamController, audioStreamController } = HlsPlayer.DefaultConfig;
    for (const controller of [streamController, audioStreamController!])
      for (const method of ['getFragmentAtPosition', 'loadInitSegmentIfNeeded', 'shouldLoadParts', 'tick'])
        assert.equal(typeof controller.prototype[method as 'tick'], 'function', method);
  });

  it('believes no report of a rendition with a zero that hls.js would misread', () => {
    const report = (msn: string, part: string) => ({ 'LAST-MSN': msn, 'LAST-PART': part });
    const keptAt = (lastPartSn: number, lastPartIndex: number) => {
      const renditionReports = [report('0', '4'), report('1', '10'), report('2', '0')];
      const details = { renditionReports, lastPartSn, lastPartIndex } as unknown as LevelDetails;
      dropMisreadReports(details);
      return details.renditionReports!.map(kept => kept['LAST-MSN']);
    };
    assert.deepEqual(keptAt(2, 1), ['1']);
    assert.deepEqual(keptAt(2, 0), ['1', '2']);
    assert.deepEqual(keptAt(0, 3), ['0', '1']);
  });
});
