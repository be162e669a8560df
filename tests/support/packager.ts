import type { Clock } from '#base/clock.ts';
import { silentLogger as log } from '#base/log.ts';
import {
  createPackager,
  type Packager,
  type PackagerDeps,
  type RecordingSink,
} from '#live/packager/packager.ts';
import type { Track } from '#media/track.ts';
import type { Transcoder } from '#ports/transcoder.ts';

const bytes = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], pair => Number.parseInt(pair, 16));
/** 320x180, as x264 writes it. */
const parameterSets = [bytes('6764000dacb40a0cfcf080000003008000001e478a1550'), bytes('68ef3cb0')];
const videoTracks: readonly Track[] = ['video', 'video-2', 'video-3', 'video-4'].map(id => ({
  kind: 'video',
  codec: 'h264',
  id,
  timescale: 90_000,
}));
const audioTrack: Track = { kind: 'audio', codec: 'aac', id: 'audio', timescale: 48_000, channels: 2 };

/** AAC publishers need no codec. */
const noTranscoder: Transcoder = {
  opusToAac: () => Promise.reject(new Error('not used')),
  close: () => Promise.resolve(),
};

export interface FedPackager {
  readonly packager: Packager;
  /** Feeds frames of 1/30 s and AAC up to here; key frames at 0 and 0.5 s, then every 2 s. Pictures are tiny and show nothing. */
  until(seconds: number): void;
}

/** A packager with units made up as they are needed: for timing and serving, not for decoding. */
export function feedPackager(options: {
  clock: Clock;
  epochMs: number;
  recording?: RecordingSink;
  /** Layers of video; one unless said. */
  layers?: number;
  /** Whether a layer sends nothing at this time. */
  isSilent?: (layer: number, seconds: number) => boolean;
  /** What there was before a restart; `fromSeconds` is where it goes on. */
  earlier?: PackagerDeps['earlier'];
  fromSeconds?: number;
}): FedPackager {
  const layers = videoTracks.slice(0, options.layers ?? 1);
  const fromFrame = (options.fromSeconds ?? 0) * 30;
  const packager = createPackager({
    recording: null,
    ...options,
    tracks: [...layers, audioTrack],
    log,
    transcoder: noTranscoder,
    keyframeWanted: () => {},
  });
  let frame = fromFrame;
  let aac = Math.ceil((fromFrame * 1600) / 1024);
  const feedFrame = () => {
    const key = frame % 60 === 0 || frame === 15 || frame === fromFrame;
    const nals = key ? [...parameterSets, bytes('6588')] : [bytes('419a')];
    const pts = frame++ * 3000;
    for (const [layer, track] of layers.entries())
      if (!options.isSilent?.(layer, pts / 90_000))
        packager.unit(track, { kind: 'video', pts, dts: pts, key, nals });
    for (; aac * 1024 * 30 < frame * 48_000; aac++) {
      const data = Uint8Array.of(1, 2);
      packager.unit(audioTrack, { kind: 'audio', pts: aac * 1024, duration: 1024, data });
    }
  };
  const until = (seconds: number) => {
    while (frame < seconds * 30) feedFrame();
  };
  return { packager, until };
}
