import assert from 'node:assert/strict';
import { OddBroadcast } from './odd-broadcast.ts';

export interface Scene {
  readonly seconds: number;
  readonly fps?: number;
  /** RTP timestamp of picture `i`, captured at `ms`. */
  readonly timestamp?: (ms: number, i: number) => number;
  /** Whether picture `i` is a key frame; without it, when one was asked for. */
  readonly key?: (i: number, wanted: boolean) => boolean;
  readonly bytes?: (i: number) => number;
  /** Whether a picture, and sound, is sent at this moment. */
  readonly pictureAt?: (ms: number) => boolean;
  readonly soundAt?: (ms: number) => boolean;
  /** RTP timestamp of sound captured at `ms`. */
  readonly soundTimestamp?: (ms: number) => number;
  /** Called before picture `i`. */
  readonly before?: (broadcast: OddBroadcast, i: number) => void;
}

export async function play(scene: Scene): Promise<OddBroadcast> {
  const broadcast = await OddBroadcast.open();
  await send(scene, broadcast);
  return broadcast;
}

/** Sends the scene; the clock of the broadcast stands at its beginning. */
export async function send(scene: Scene, broadcast: OddBroadcast): Promise<void> {
  const { seconds, fps = 30, timestamp = ms => ms * 90, key = (_i, wanted) => wanted } = scene;
  const { pictureAt = () => true, soundAt = () => true, soundTimestamp = ms => ms * 48 } = scene;
  let [picture, sound] = [0, 0];
  for (;;) {
    const [pictureMs, soundMs] = [(picture * 1000) / fps, sound * 20];
    const ms = Math.min(pictureMs, soundMs);
    if (ms >= seconds * 1000) return;
    await broadcast.advance(Math.max(0, ms - broadcast.clock.monotonicMs()));
    if (soundMs <= pictureMs) {
      if (soundAt(ms)) broadcast.publisher.sound(Math.round(soundTimestamp(ms)));
      sound++;
      continue;
    }
    const i = picture++;
    if (!pictureAt(ms)) continue;
    scene.before?.(broadcast, i);
    const isKey = key(i, broadcast.keyframeWanted);
    broadcast.picture(Math.round(timestamp(ms, i)) % 2 ** 32, isKey, scene.bytes?.(i));
  }
}

/** What is wrong with what players saw, one line a rule. */
function wrong({ lint }: OddBroadcast): string[] {
  assert.ok(lint, 'there is a playlist');
  return lint.findings.map(({ rule, count, places }) => `${rule} (${count}): ${places[0]?.detail}`);
}

/** A segment is cut at the target duration, and around a picture that stands still for long, key frame or not. */
export const FORCED_CUTS = ['segment-starts-with-key-frame'];
/** The multivariant playlist states the newest codec; what is listed may be older. */
export const NEWEST_CODEC = ['codecs-true'];
/** A clock is believed until it is ten seconds off; what sound no longer holds is not listed of pictures, however few. */
export const WANDERS = ['renditions-cover-same-time', 'live-window'];

/** Nothing but `known` rules is broken in what players see, and it covers what was sent. */
export async function assertPlays(
  broadcast: OddBroadcast,
  seconds: number,
  toleranceS = 1.5,
  known: readonly string[] = [],
): Promise<void> {
  await broadcast.end();
  assert.deepEqual(
    wrong(broadcast).filter(line => !known.includes(line.split(' ')[0]!)),
    [],
  );
  assert.equal(broadcast.stream.stats.readersDropped, 0);
  for (const name of ['video', 'audio']) {
    const playlist = broadcast.lint?.playlist(name);
    const last = playlist?.segments.at(-1);
    assert.ok(playlist?.ended && last, `${name} has ended`);
    const endS: number = (last.programDateMs! - broadcast.stream.epochMs!) / 1000 + last.durationS!;
    assert.ok(Math.abs(endS - seconds) < toleranceS, `${name} ends at ${endS} s of ${seconds}`);
  }
}
