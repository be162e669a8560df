import { Refusal } from '#contract/errors.ts';
import { writeMultivariant } from '#media/hls/multivariant.ts';
import { LIVE_AVERAGE_BANDWIDTH, LIVE_BANDWIDTH, NOMINAL_FRAME_RATE } from './limits.ts';
import type { Rendition } from './rendition.ts';
import { PLAYLIST_NAME } from './segment.ts';
import {
  type HlsAnswer,
  type HlsBody,
  type HlsOutcome,
  type HlsSource,
  playlistBody,
  type RenditionName,
} from './source.ts';
import type { WaitingRoom } from './waiting-room.ts';

/** Answers from the renditions in memory. In the `lobby` wait those who came before there is anything to play. */
export function createLiveSource(renditions: readonly Rendition[], lobby: WaitingRoom): HlsSource {
  const of = (name: RenditionName, ask: (rendition: Rendition) => HlsAnswer): HlsAnswer => {
    const rendition = renditions.find(candidate => candidate.name === name);
    return rendition ? ask(rendition) : new Refusal('not-found', 'This broadcast has no such rendition.');
  };
  let multivariant: { text: string; body: HlsBody } | null = null;
  const build = (): HlsOutcome | null => {
    const text = multivariantOf(renditions);
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

/** Null until every rendition can be played, so that a player never finds an empty one. */
function multivariantOf(renditions: readonly Rendition[]): string | null {
  if (!renditions.every(rendition => rendition.playable)) return null;
  const infos = renditions.map(rendition => rendition.info);
  const video = infos.find(info => info?.kind === 'video');
  const audio = infos.find(info => info?.kind === 'audio');
  if (!video) return null;
  return writeMultivariant({
    bandwidth: LIVE_BANDWIDTH,
    averageBandwidth: LIVE_AVERAGE_BANDWIDTH,
    codecs: audio ? [video.codec, audio.codec] : [video.codec],
    width: video.width,
    height: video.height,
    frameRate: NOMINAL_FRAME_RATE,
    videoUri: `video/${PLAYLIST_NAME}`,
    audio: audio ? { uri: `audio/${PLAYLIST_NAME}`, channels: audio.channels } : null,
  });
}
