import { Refusal } from '#contract/errors.ts';
import { type Variant, writeMultivariant } from '#media/hls/multivariant.ts';
import { AUDIO_BANDWIDTH, LAYER_BITS_PER_PIXEL, LIVE_BANDWIDTH } from './limits.ts';
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
    segment: (name, msn) => of(name, rendition => rendition.segmentAnswer(msn)),
    part: (name, msn, part) => of(name, rendition => rendition.partAnswer(msn, part)),
  };
}

function nothing(): Refusal {
  return new Refusal('not-found', 'This broadcast ended before there was anything to play.');
}

/** Null until there is sound and picture to play, so that a player never finds an empty rendition. */
function multivariantOf(renditions: readonly Rendition[], layersAwaited: boolean): string | null {
  const sound = renditions.find(rendition => rendition.name === 'audio');
  if (sound && !sound.playable) return null;
  const pictures = renditions.filter(rendition => rendition !== sound);
  const playable = pictures.filter(rendition => rendition.playable);
  if (playable.length < pictures.length && layersAwaited && !pictures.some(rendition => rendition.ended))
    return null;
  const audio = sound?.info?.kind === 'audio' ? sound.info : null;
  const variants = playable
    .flatMap(rendition => variantOf(rendition, audio?.codec, pictures.length > 1))
    .sort((a, b) => b.width * b.height - a.width * a.height);
  if (variants.length === 0) return null;
  return writeMultivariant({
    variants,
    audio: audio ? { uri: `audio/${PLAYLIST_NAME}`, channels: audio.channels } : null,
  });
}

function variantOf(rendition: Rendition, audioCodec: string | undefined, layered: boolean): Variant[] {
  const { info, name } = rendition;
  if (info?.kind !== 'video') return [];
  const { width, height, codec } = info;
  const expected = Math.max(width * height * LAYER_BITS_PER_PIXEL, peakRate(rendition)) + AUDIO_BANDWIDTH;
  return [
    {
      bandwidth: layered ? expected : LIVE_BANDWIDTH,
      codecs: audioCodec === undefined ? [codec] : [codec, audioCodec],
      width,
      height,
      uri: `${name}/${PLAYLIST_NAME}`,
    },
  ];
}

/** Bits per second of the largest segment held. */
function peakRate({ segments, timescale }: Rendition): number {
  const rates = segments
    .filter(segment => segment.complete && segment.duration > 0)
    .map(segment => {
      const bytes = segment.parts.reduce((sum, part) => sum + part.bytes.length, 0);
      return (bytes * 8 * timescale) / segment.duration;
    });
  return Math.max(0, ...rates);
}
