import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BufferSource, type EncodedPacket, EncodedPacketSink, Input, MP4 } from 'mediabunny';
import { audioSpecificConfig } from '../aac/config.ts';
import { type Sample, writeFragment } from './fragment.ts';
import { writeAudioInit, writeVideoInit } from './init.ts';

const hex = (text: string) => Uint8Array.from(text.match(/../g) ?? [], pair => Number.parseInt(pair, 16));
const sps = hex('6764000dacb40a0cfcf080000003008000001e478a1550');
const pps = hex('68ef3cb0');
const video = { entry: 'avc1', timescale: 90000, width: 320, height: 180, sps: [sps], pps: [pps] } as const;
const audio = { timescale: 48000, channels: 2, config: audioSpecificConfig(48000, 2) };

const bytes = (...values: number[]) => Uint8Array.from(values);
const sample = (duration: number, key: boolean, offset: number, ...pieces: Uint8Array[]): Sample => ({
  duration,
  key,
  compositionOffset: offset,
  pieces,
});

function open(...pieces: Uint8Array[]): Input {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return new Input({ formats: [MP4], source: new BufferSource(whole) });
}

test('an independent reader finds the H.264 track that the header describes', async () => {
  const frame = sample(3000, true, 0, bytes(0x65, 1, 2));
  const fragment = writeFragment({ sequence: 1, decodeTime: 0, samples: [frame], lengths: true });
  const track = await open(writeVideoInit(video), fragment).getPrimaryVideoTrack();
  assert.ok(track);
  assert.equal(await track.getTimeResolution(), 90000);
  assert.equal(await track.getCodedWidth(), 320);
  assert.equal(await track.getCodedHeight(), 180);
  assert.equal(await track.getCodecParameterString(), 'avc1.64000d');
  const config = await track.getDecoderConfig();
  assert.ok(config?.description);
  const record = new Uint8Array(config.description as Uint8Array);
  assert.deepEqual(record.subarray(8, 8 + sps.length), sps);
});

test('an independent reader finds the AAC track that the header describes', async () => {
  const samples = [sample(1024, true, 0, bytes(1, 2, 3))];
  const fragment = writeFragment({ sequence: 1, decodeTime: 0, samples, lengths: false });
  const track = await open(writeAudioInit(audio), fragment).getPrimaryAudioTrack();
  assert.ok(track);
  assert.equal(await track.getSampleRate(), 48000);
  assert.equal(await track.getNumberOfChannels(), 2);
  assert.equal(await track.getCodecParameterString(), 'mp4a.40.2');
});

test('samples come back with their times, B-frame offsets, key flags and length-prefixed NAL units', async () => {
  const first = [
    sample(3000, true, 3000, bytes(0x67, 9), bytes(0x65, 1, 2, 3)),
    sample(3000, false, 6000, bytes(0x41, 4)),
  ];
  const second = [sample(3003, false, -3000, bytes(0x41, 5))];
  const input = open(
    writeVideoInit(video),
    writeFragment({ sequence: 1, decodeTime: 180000, samples: first, lengths: true }),
    writeFragment({ sequence: 2, decodeTime: 186000, samples: second, lengths: true }),
  );
  const track = await input.getPrimaryVideoTrack();
  assert.ok(track);
  const packets: EncodedPacket[] = [];
  for await (const packet of new EncodedPacketSink(track).packets()) packets.push(packet);
  assert.deepEqual(
    packets.map(packet => [Math.round(packet.timestamp * 90000), packet.type]),
    [
      [183000, 'key'],
      [189000, 'delta'],
      [183000, 'delta'],
    ],
  );
  assert.deepEqual(packets[0]?.data, bytes(0, 0, 0, 2, 0x67, 9, 0, 0, 0, 4, 0x65, 1, 2, 3));
});

test('decode times beyond 32 bits survive: a broadcast may last longer than 13 hours', async () => {
  const decodeTime = 2 ** 33 + 7;
  const samples = [sample(1024, true, 0, bytes(1))];
  const fragment = writeFragment({ sequence: 1, decodeTime, samples, lengths: false });
  const track = await open(writeAudioInit(audio), fragment).getPrimaryAudioTrack();
  assert.ok(track);
  assert.equal(Math.round((await track.getFirstTimestamp()) * 48000), decodeTime);
});
