import { Refusal } from '#contract/errors.ts';
import { AUDIO_BANDWIDTH_MIN, BANDWIDTH_HEADROOM, VIDEO_BITS_PER_PIXEL } from './limits.ts';
import type { Rendition } from './rendition.ts';
import { PLAYLIST_NAME, type RenditionInfo } from './segment.ts';
import {
  type HlsAnswer,
  type HlsBody,
  type HlsOutcome,
  type HlsSource,
  playlistBody,
  type RenditionName,
} from './source.ts';
import { type Described, describeVariants } from './variants.ts';
import type { WaitingRoom } from './waiting-room.ts';

/** Answers from the renditions in memory. In the `lobby` wait those who came before there is anything to play. */
export function createLiveSource(
  renditions: readonly Rendition[],
  lobby: WaitingRoom,
  layersAwaited: () => boolean,
): HlsSource {
  const of = (name: RenditionName, ask: (rendition: Rendition) => HlsAnswer): HlsAnswer => {
    const rendition = renditions.find(candidate => candidate.name === name);
    return rendition ? ask(rendition) : new Refusal('not-found', 'This broadcast has no such rendition.');
  };
  let multivariant: { text: string; body: HlsBody } | null = null;
  const build = (): HlsOutcome | null => {
    const text = multivariantOf(renditions, layersAwaited());
    if (text === null) return renditions.some(rendition => rendition.ended) ? nothing() : null;
    if (multivariant?.text !== text) multivariant = { text, body: playlistBody(text) };
    return multivariant.body;
  };
  return {
    live: true,
    multivariant: () => lobby.answer(build),
    playlist: (name, query) => of(name, rendition => rendition.playlistAnswer(query)),
    init: (name, number) => of(name, rendition => rendition.initAnswer(number)),
    replay: () => new Refusal('not-found', 'There is no replay yet.'),
    merged: () => new Refusal('not-found', 'There is no replay yet.'),
    segment: (name, msn) => of(name, rendition => rendition.segmentAnswer(msn)),
    part: (name, msn, part) => of(name, rendition => rendition.partAnswer(msn, part)),
  };
}

function nothing(): Refusal {
  return new Refusal('not-found', 'This broadcast ended before there was anything to play.');
}

/** Null until there is sound and picture to play, so that a player never finds an empty rendition. */
function multivariantOf(renditions: readonly Rendition[], layersAwaited: boolean): string | null {
  const playable = renditions.filter(rendition => rendition.playable);
  const missing = renditions.filter(rendition => !rendition.playable);
  if (missing.some(rendition => rendition.name === 'audio')) return null;
  if (missing.length > 0 && layersAwaited && !missing.some(rendition => rendition.ended)) return null;
  return describeVariants(playable.flatMap(describe), PLAYLIST_NAME);
}

function describe({ name, info, rates }: Rendition): Described[] {
  if (!info) return [];
  const { averageBps, frameRate } = rates;
  const peakBps = Math.max(rates.peakBps * BANDWIDTH_HEADROOM, leastBandwidth(info));
  return [{ name, info, peakBps, averageBps, frameRate }];
}

function leastBandwidth(info: RenditionInfo): number {
  return info.kind === 'video' ? info.width * info.height * VIDEO_BITS_PER_PIXEL : AUDIO_BANDWIDTH_MIN;
}
