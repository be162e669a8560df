import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { AudioUnit } from '#media/unit.ts';
import { type AudioTranscode, TRANSCODE_GAP_TICKS_MAX, type Transcoder } from './transcoder.ts';

/** An independent codec, for making input and reading output. */
export interface ReferenceCodec {
  /** Packets of 20 ms from interleaved samples at 48 kHz, with the encoder's look-ahead of 312 samples. */
  encodeOpus(samples: Float32Array<ArrayBuffer>, channels: number): Promise<AudioUnit[]>;
  /** The first channel. */
  decodeAac(frames: readonly Uint8Array[], config: Uint8Array, channels: number): Promise<Float32Array>;
}

const RATE = 48_000;
const FRAME = 1024;
const OPUS_LOOKAHEAD = 312;

/** What every transcoder keeps. */
export function describeTranscoder(name: string, open: () => Transcoder, codec: ReferenceCodec): void {
  describe(`transcoder: ${name}`, () => {
    let transcoder: Transcoder;
    before(() => {
      transcoder = open();
    });
    after(() => transcoder.close());

    const start = async (channels = 2) => {
      const units: AudioUnit[] = [];
      const failures: Error[] = [];
      const session = await transcoder.opusToAac(channels, {
        unit: unit => units.push(unit),
        failed: cause => failures.push(cause),
      });
      const decoded = () =>
        codec.decodeAac(
          units.map(unit => unit.data),
          session.config,
          channels,
        );
      return { session, units, failures, decoded };
    };
    const pushAll = (session: AudioTranscode, units: readonly AudioUnit[], shift = 0) => {
      for (const unit of units) session.push({ ...unit, pts: unit.pts + shift });
    };

    for (const channels of [1, 2]) {
      it(`turns a sine into the same sine, in ${channels === 1 ? 'mono' : 'stereo'}`, async () => {
        const { session, units, decoded } = await start(channels);
        pushAll(session, await codec.encodeOpus(tone(2, channels, 440), channels));
        await session.flush();
        const samples = (await decoded()).subarray(RATE / 2, RATE * 1.5);
        assert.ok(Math.abs(frequency(samples) - 440) < 2, `${frequency(samples)} Hz`);
        assert.ok(Math.abs(level(samples) - 0.35) < 0.05, `level ${level(samples)}`);
        assert.ok(units.length > 0);
        session.close();
      });
    }

    it('gives as much as it got, within one frame, contiguous from the start of the input', async () => {
      const { session, units } = await start();
      pushAll(session, await codec.encodeOpus(tone(2, 2, 440), 2), 777);
      await session.flush();
      assert.equal(units[0]?.pts, 777);
      units.forEach((unit, i) => {
        assert.equal(unit.pts, 777 + i * FRAME);
        assert.equal(unit.duration, FRAME);
      });
      assert.ok(Math.abs(units.length * FRAME - 2 * RATE) <= FRAME, `${units.length} frames`);
      session.close();
    });

    it('puts a click where it was', async () => {
      const { session, decoded } = await start();
      const samples = new Float32Array(RATE * 2);
      samples.fill(0.9, RATE, RATE + 20);
      pushAll(session, await codec.encodeOpus(samples, 2));
      await session.flush();
      const at = loudest(await decoded()) - OPUS_LOOKAHEAD;
      assert.ok(Math.abs(at - RATE / 2) < 48, `the click is ${at - RATE / 2} samples off`);
      session.close();
    });

    it('fills lost packets with silence, and what follows stays in its place', async () => {
      const { session, units, decoded } = await start();
      const input = await codec.encodeOpus(tone(2, 2, 440), 2);
      pushAll(
        session,
        input.filter(unit => unit.pts < RATE / 2 || unit.pts >= RATE),
      );
      await session.flush();
      units.forEach((unit, i) => {
        assert.equal(unit.pts, i * FRAME);
      });
      assert.ok(Math.abs(units.length * FRAME - 2 * RATE) <= FRAME);
      const samples = await decoded();
      assert.ok(level(samples.subarray(RATE * 0.6, RATE * 0.9)) < 0.01, 'silence in the gap');
      assert.ok(level(samples.subarray(RATE * 1.2, RATE * 1.8)) > 0.3, 'sound after it');
      session.close();
    });

    it('goes on where the input goes on after a long pause', async () => {
      const { session, units, failures } = await start();
      const input = await codec.encodeOpus(tone(0.5, 2, 440), 2);
      const resumed = TRANSCODE_GAP_TICKS_MAX * 30;
      pushAll(session, input);
      pushAll(session, input, resumed);
      await session.flush();
      assert.ok(units.length < 60, `${units.length} frames: the pause is not filled`);
      assert.ok(units.some(unit => unit.pts === resumed));
      assert.ok(units.every((unit, i) => i === 0 || unit.pts > units[i - 1]!.pts));
      assert.deepEqual(failures, []);
      session.close();
    });

    it('leaves out broken, repeated and late packets, and goes on', async () => {
      const { session, units, failures } = await start();
      const input = await codec.encodeOpus(tone(2, 2, 440), 2);
      for (const unit of input) {
        const broken = unit.pts % 9600 === 0 && unit.pts > 0;
        session.push(broken ? { ...unit, data: Uint8Array.of(0xff, 0xff, 0xff) } : unit);
        session.push(unit.pts > 4800 ? { ...unit, pts: unit.pts - 4800 } : unit);
        await new Promise(setImmediate);
      }
      await session.flush();
      assert.deepEqual(failures, []);
      assert.ok(units.every((unit, i) => unit.pts === i * FRAME));
      assert.ok(Math.abs(units.length * FRAME - 2 * RATE) <= 2 * FRAME, `${units.length} frames`);
      session.close();
    });

    it('keeps sessions apart', async () => {
      const [first, second] = await Promise.all([start(1), start(2)]);
      pushAll(first.session, await codec.encodeOpus(tone(1, 1, 300), 1));
      pushAll(second.session, await codec.encodeOpus(tone(1, 2, 900), 2));
      await Promise.all([first.session.flush(), second.session.flush()]);
      const heard = [await first.decoded(), await second.decoded()].map(all =>
        frequency(all.subarray(RATE * 0.3, RATE * 0.8)),
      );
      assert.ok(Math.abs(heard[0]! - 300) < 3 && Math.abs(heard[1]! - 900) < 3, heard.join());
      first.session.close();
      second.session.close();
    });

    it('is quiet after close, and a flush that can no longer happen rejects', async () => {
      const { session, units } = await start();
      pushAll(session, await codec.encodeOpus(tone(0.5, 2, 440), 2));
      const flush = session.flush();
      session.close();
      session.close();
      await assert.rejects(flush);
      const count = units.length;
      session.push({ kind: 'audio', pts: 0, duration: 960, data: Uint8Array.of(0xfc) });
      await assert.rejects(session.flush());
      assert.equal(units.length, count);
    });
  });
}

function tone(seconds: number, channels: number, hertz: number): Float32Array<ArrayBuffer> {
  const samples = new Float32Array(seconds * RATE * channels);
  for (let i = 0; i < samples.length; i++)
    samples[i] = 0.5 * Math.sin((2 * Math.PI * hertz * Math.floor(i / channels)) / RATE);
  return samples;
}

/** Of a clean tone, by its zero crossings. */
function frequency(samples: Float32Array): number {
  let crossings = 0;
  for (let i = 1; i < samples.length; i++) if (samples[i - 1]! < 0 && samples[i]! >= 0) crossings++;
  return (crossings * RATE) / samples.length;
}

/** Root mean square. */
function level(samples: Float32Array): number {
  return Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);
}

function loudest(samples: Float32Array): number {
  let best = 0;
  samples.forEach((value, i) => {
    if (Math.abs(value) > Math.abs(samples[best]!)) best = i;
  });
  return best;
}
