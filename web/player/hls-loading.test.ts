import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type Hls from 'hls.js';
import type { LevelDetails } from 'hls.js';
import { dropMisreadReports, promptLoading } from './hls-loading.ts';

interface Fragment {
  readonly sn: number;
  readonly start: number;
  readonly duration: number;
  readonly tagList: readonly string[][];
}
interface Listed {
  readonly startSN: number;
  readonly fragments: readonly Fragment[];
  readonly fragmentHint?: Fragment;
}

/** From number 7 on; below zero for a gap of so many seconds. */
function listed(...durations: number[]): Listed {
  let start = 0;
  const fragments = durations.map((signed, i) => {
    const duration = Math.abs(signed);
    start += duration;
    const tagList = [['INF', String(duration)], ...(signed < 0 ? [['GAP']] : [])];
    return { sn: 7 + i, start: start - duration, duration, tagList };
  });
  return { startSN: 7, fragments };
}

class Usual {
  ticks = 0;
  loadingParts = true;

  tick(): void {
    this.ticks += 1;
  }

  getFragmentAtPosition(bufferEnd: number, _end: number, { fragments }: Listed): Fragment | null {
    return fragments.find(({ start, duration }) => bufferEnd < start + duration) ?? null;
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
    const next = (controller: Usual) => controller.getFragmentAtPosition(3.999, 8, listed(4, 4))?.sn;
    assert.deepEqual([next(pictures), next(sound)], [8, 8]);
    pictures.loadingParts = sound.loadingParts = false;
    assert.deepEqual([next(pictures), next(sound)], [7, 7]);
  });

  it('passes over gaps that are short, and waits where nothing follows them yet', () => {
    const hint = { sn: 9, start: 2.08, duration: 1, tagList: [] };
    for (const controller of [pictures, sound]) {
      const nextOf = (details: Listed, bufferEnd = 2) =>
        controller.getFragmentAtPosition(bufferEnd, 9, details)?.sn;
      assert.equal(nextOf(listed(2, -0.04, -0.04, 2)), 10);
      assert.equal(nextOf(listed(-0.1, 2), 0), 8);
      assert.equal(nextOf(listed(2, -1, 2)), 8, 'another layer may have this');
      assert.equal(nextOf({ ...listed(2, -0.04), fragmentHint: hint }), 9);
      assert.equal(nextOf(listed(2, -0.04)), undefined);
      controller.loadingParts = false;
      assert.equal(
        nextOf({ ...listed(2, -0.04), fragmentHint: hint }),
        undefined,
        'it is to be had in parts only',
      );
    }
  });

  it('takes parts at once where all there is is listed in parts', () => {
    const inParts = (startSN: number, live = true) => ({
      live,
      startSN,
      partList: [{ fragment: { sn: 3 } }],
    });
    for (const controller of [pictures, sound]) {
      assert.ok(controller.shouldLoadParts(inParts(3), 1));
      assert.ok(!controller.shouldLoadParts(inParts(2), 1), 'the oldest segment has no parts');
      assert.ok(controller.shouldLoadParts(inParts(2), 11), 'as usual');
      assert.ok(!controller.shouldLoadParts(inParts(3, false), 1));
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
