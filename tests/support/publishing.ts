import type { Publisher } from '#live/index.ts';
import type { Track } from '#media/track.ts';

const bytes = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], pair => Number.parseInt(pair, 16));
/** 320x180, as x264 writes it. */
const parameterSets = [bytes('6764000dacb40a0cfcf080000003008000001e478a1550'), bytes('68ef3cb0')];
const videos: readonly Track[] = ['video', 'video-2', 'video-3'].map(id => ({
  kind: 'video',
  codec: 'h264',
  id,
  timescale: 90_000,
}));
const audio: Track = { kind: 'audio', codec: 'aac', id: 'audio', timescale: 48_000, channels: 2 };

const FRAMES_PER_SECOND = 30;
const FRAMES_PER_KEY = 60;

/**
 * Sends made-up frames of 1/30 s and AAC into a publisher from its zero on: for timing, not for decoding. `begins`: the frame that
 * each layer begins with.
 */
export function feedPublisher(
  publisher: Publisher,
  begins: readonly number[] = [0],
): { until(seconds: number): void } {
  const video = videos.slice(0, begins.length);
  let frame = 0;
  let aac = 0;
  publisher.tracks([...video, audio]);
  const feedFrame = () => {
    const pts = (frame * 90_000) / FRAMES_PER_SECOND;
    for (const [i, track] of video.entries()) {
      if (frame < begins[i]!) continue;
      const key = frame % FRAMES_PER_KEY === 0 || frame === begins[i];
      const nals = key ? [...parameterSets, bytes('6588')] : [bytes('419a')];
      publisher.unit(track, { kind: 'video', pts, dts: pts, key, nals });
    }
    frame++;
    for (; aac * 1024 * FRAMES_PER_SECOND < frame * audio.timescale; aac++)
      publisher.unit(audio, { kind: 'audio', pts: aac * 1024, duration: 1024, data: Uint8Array.of(1, 2) });
  };
  return {
    until(seconds) {
      while (frame < seconds * FRAMES_PER_SECOND) feedFrame();
    },
  };
}
