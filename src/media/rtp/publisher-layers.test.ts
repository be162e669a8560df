import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Seeded } from '#tests/support/seeded.ts';
import { SimulatedPublisher, simulatedAudio, simulatedLayers } from '#tests/support/simulated-publisher.ts';
import type { Unit } from '../unit.ts';
import type { RtpPacket } from './packet.ts';
import { PublisherRtp } from './publisher.ts';
import { parseRtcp } from './rtcp.ts';

/** Three layers that send into one receiver; `lossy` decides which datagrams are lost. */
function open(lossy: (bytes: Uint8Array) => boolean = () => false) {
  const opened = {
    nowMs: 1000,
    units: [] as { id: string; unit: Unit }[],
    packets: [] as { id: string; packet: RtpPacket }[],
    plis: [] as { ssrc: number; atMs: number }[],
  };
  const receiver = new PublisherRtp(
    { video: simulatedLayers, audio: simulatedAudio, ssrc: 7 },
    {
      packet: (track, packet) => opened.packets.push({ id: track.id, packet }),
      unit: (track, unit) => opened.units.push({ id: track.id, unit }),
      rtcp(bytes) {
        for (const report of parseRtcp(bytes))
          if (report.kind === 'pli') opened.plis.push({ ssrc: report.mediaSsrc, atMs: opened.nowMs });
        for (const layer of layers) layer.rtcp(bytes);
      },
    },
  );
  const transport = { sequence: 0 };
  const layers = ['h', 'm', 'l'].map(
    (rid, i) =>
      new SimulatedPublisher(
        new Seeded(i + 1),
        bytes => lossy(bytes) || receiver.receive(bytes, opened.nowMs),
        {
          rid,
          videoSsrc: 100 + i,
          rtxSsrc: 200 + i,
          sequence: 1000 * i,
          // Every layer has a clock of its own.
          videoTimestamp: 1_000_000 * i,
          frameBytes: 4000 / (i + 1),
        },
        transport,
      ),
  );
  return Object.assign(opened, { receiver, layers });
}

test('layers are told apart by RID, each a track, the first one `video`', () => {
  const opened = open();
  for (const layer of opened.layers) layer.frame(0);
  assert.deepEqual(
    opened.receiver.tracks.map(track => track.id),
    ['video', 'video-2', 'video-3', 'audio'],
  );
  assert.deepEqual(
    opened.units.map(({ id, unit }) => [id, unit.pts]),
    [
      ['video', 0],
      ['video-2', 0],
      ['video-3', 0],
    ],
  );
  const ssrcs = new Map(opened.packets.map(({ id, packet }) => [id, packet.ssrc]));
  assert.deepEqual([...ssrcs.values()], [100, 101, 102]);
});

test('key frames are asked of all layers together, at most once a second, and not of one that is paused', () => {
  const opened = open();
  const [high, middle, low] = opened.layers;
  for (let frame = 0; frame < 150; frame++) {
    opened.nowMs = 1000 + frame * 33;
    if (frame < 60) high!.frame(frame * 33);
    middle!.frame(frame * 33);
    low!.frame(frame * 33);
    opened.receiver.requestKeyframe(opened.nowMs);
  }
  const rounds = Map.groupBy(opened.plis, pli => pli.atMs);
  const times = [...rounds.keys()];
  assert.ok(times.length >= 4 && times.length <= 6, `${times.length} rounds in 5 s`);
  for (const [i, time] of times.slice(1).entries()) assert.ok(time - times[i]! >= 1000);
  const asked = times.map(time => rounds.get(time)!.map(pli => pli.ssrc));
  assert.ok(asked.slice(1).some(ssrcs => ssrcs.length === 3));
  assert.deepEqual(asked.at(-1), [101, 102]);
});

test('what a layer loses is asked for of that layer, and its retransmission finds the way back', () => {
  let dropped = 0;
  const opened = open(bytes => {
    const isMiddle = new DataView(bytes.buffer).getUint32(8) === 101 && (bytes[1]! & 0x7f) === 106;
    return isMiddle && ++dropped % 10 === 0;
  });
  for (let frame = 0; frame < 90; frame++) {
    opened.nowMs = 1000 + frame * 33;
    for (const layer of opened.layers) layer.frame(frame * 33);
    opened.receiver.tick(opened.nowMs + 20);
  }
  assert.ok(opened.layers[1]!.nacks > 5);
  assert.deepEqual([opened.layers[0]!.nacks, opened.layers[2]!.nacks], [0, 0]);
  const of = (id: string) => opened.units.filter(entry => entry.id === id).length;
  assert.deepEqual([of('video'), of('video-3')], [90, 90]);
  assert.ok(of('video-2') >= 88, `${of('video-2')} frames`);
  assert.equal(opened.receiver.stats.lost, 0);
});

test('a layer that begins late is placed beside the others by its sender reports', () => {
  const opened = open();
  for (let step = 0; step < 1100; step++) {
    opened.nowMs = 1000 + step * 10;
    const captureMs = step * 10;
    if (step % 2 === 0) opened.layers[0]!.sound(captureMs);
    // The path of a new layer is slow at first: it comes 60 ms after the others.
    if (step % 3 === 0) opened.layers[0]!.frame(captureMs);
    if (step % 3 === 0 && step > 300) opened.layers[1]!.frame(captureMs - 60);
    if (step % 100 === 50) for (const layer of opened.layers.slice(0, 2)) layer.reports(captureMs);
  }
  const last = (id: string) => opened.units.findLast(entry => entry.id === id)!.unit.pts / 90;
  assert.ok(Math.abs(last('video') - last('video-2') - 60) < 2, `${last('video')} ${last('video-2')}`);
});

test('packets that name a layer which nobody accepted are counted and harm nothing', () => {
  const opened = open();
  for (const layer of opened.layers) layer.frame(0);
  const stranger = new SimulatedPublisher(
    new Seeded(9),
    bytes => opened.receiver.receive(bytes, opened.nowMs),
    { rid: 'x', videoSsrc: 999 },
  );
  stranger.frame(0);
  assert.ok(opened.receiver.stats.unknown > 0);
  assert.equal(opened.units.length, 3);
});
