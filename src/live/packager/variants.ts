import { type Variant, writeMultivariant } from '#media/hls/multivariant.ts';
import { FIRST_VARIANT_BANDWIDTH } from './limits.ts';
import type { RenditionInfo } from './segment.ts';
import type { RenditionName } from './source.ts';

/** A rendition as the multivariant playlist describes it. Rates are per second. */
export interface Described {
  readonly name: RenditionName;
  readonly info: RenditionInfo;
  readonly peakBps: number;
  readonly averageBps: number;
  readonly frameRate: number;
}

/** The multivariant playlist of these renditions, whose playlists have this name; null when there is no picture. */
export function describeVariants(renditions: readonly Described[], playlistName: string): string | null {
  const sound = renditions.find(rendition => rendition.info.kind === 'audio');
  const variants = renditions.flatMap(rendition => variantOf(rendition, sound, playlistName));
  if (variants.length === 0) return null;
  const channels = sound?.info.kind === 'audio' ? sound.info.channels : 0;
  return writeMultivariant({
    variants: inOrder(variants),
    audio: sound ? { uri: `audio/${playlistName}`, channels } : null,
  });
}

function variantOf(
  { name, info, ...rates }: Described,
  sound: Described | undefined,
  playlistName: string,
): Variant[] {
  if (info.kind !== 'video') return [];
  return [
    {
      bandwidth: rates.peakBps + (sound?.peakBps ?? 0),
      averageBandwidth: rates.averageBps + (sound?.averageBps ?? 0),
      codecs: sound ? [info.codec, sound.info.codec] : [info.codec],
      width: info.width,
      height: info.height,
      frameRate: rates.frameRate,
      uri: `${name}/${playlistName}`,
    },
  ];
}

/** The best first, but players begin with the first: so that is one that most connections carry. */
function inOrder(variants: readonly Variant[]): Variant[] {
  const best = variants.toSorted(
    (a, b) => b.width * b.height - a.width * a.height || b.bandwidth - a.bandwidth,
  );
  const first = best.find(variant => variant.averageBandwidth <= FIRST_VARIANT_BANDWIDTH) ?? best.at(-1)!;
  return [first, ...best.filter(variant => variant !== first)];
}
