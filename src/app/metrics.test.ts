import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { newBroadcast } from '#tests/support/new-broadcast.ts';
import { startTestServer, type TestServer } from '#tests/support/server.ts';
import { startSyntheticPublisher } from '#tests/support/synthetic-publisher.ts';
import { until } from '#tests/support/until.ts';

/** Every name that an operator's rules may rest on. */
const NAMES = [
  'nodejs_eventloop_lag_p99_seconds',
  'process_resident_memory_bytes',
  'skylark_broadcasts_live',
  'skylark_busy_ratio',
  'skylark_hls_bytes_total',
  'skylark_hls_dropped_audio_frames_total',
  'skylark_hls_dropped_frames_total',
  'skylark_hls_part_duration_seconds',
  'skylark_hls_responses_total',
  'skylark_hls_silent_frames_total',
  'skylark_hls_waiting_requests',
  'skylark_loop_gc_seconds_total',
  'skylark_loop_holds_total',
  'skylark_loop_slice_seconds',
  'skylark_recording_lost_writes_total',
  'skylark_socket_failures_total',
  'skylark_socket_topics',
  'skylark_sockets',
  'skylark_sockets_opened_total',
  'skylark_stream_gops_cut_total',
  'skylark_stream_publishers_total',
  'skylark_stream_readers_dropped_total',
  'skylark_viewers',
  'skylark_whep_bytes_total',
  'skylark_whep_full',
  'skylark_whep_loss_ratio',
  'skylark_whep_nacks_total',
  'skylark_whep_offers_total',
  'skylark_whep_packets_total',
  'skylark_whep_plis_total',
  'skylark_whep_resent_packets_total',
  'skylark_whep_sessions',
  'skylark_whep_sound_alone',
  'skylark_whep_waiting_offers',
  'skylark_whip_bytes_total',
  'skylark_whip_dropped_units_total',
  'skylark_whip_keyframe_interval_seconds',
  'skylark_whip_keyframes_total',
  'skylark_whip_lost_packets_total',
  'skylark_whip_nacks_total',
  'skylark_whip_offers_total',
  'skylark_whip_packets_total',
  'skylark_whip_plis_total',
  'skylark_whip_recovered_packets_total',
  'skylark_whip_reordered_pictures_total',
  'skylark_whip_sessions',
];

describe('the metrics of a running server', () => {
  let server: TestServer;

  before(async () => {
    server = await startTestServer();
  });
  after(() => server?.close());

  it('have every name, with its type', async () => {
    const text = await scrape();
    for (const name of NAMES) assert.match(text, new RegExp(`^# TYPE ${name} `, 'm'));
  });

  it('are all in the guide for operators', async () => {
    const guide = await readFile(new URL('../../docs/guide/metrics.md', import.meta.url), 'utf8');
    for (const [, name] of (await scrape()).matchAll(/^# TYPE (skylark_\S+) /gm))
      assert.ok(guide.includes(name!), `${name} is not in docs/guide/metrics.md`);
  });

  it('keep to the naming rules: counters end with _total, and nothing else does', async () => {
    for (const [, name, type] of (await scrape()).matchAll(/^# TYPE (skylark_\S+) (\w+)$/gm))
      assert.equal(name!.endsWith('_total'), type === 'counter', `${name} is a ${type}`);
  });

  it('follow a broadcast', async () => {
    const publisher = startSyntheticPublisher(await newBroadcast(server.url, 'ana'));
    try {
      await until(
        'a part is cut',
        async () => (await value('skylark_hls_part_duration_seconds_count{rendition="audio"}')) > 0,
      );
      const interval = 'skylark_whip_keyframe_interval_seconds';
      await until(
        'a second key frame came',
        async () => (await value(`${interval}_count{layer="video"}`)) > 0,
      );
      assert.ok((await value(`${interval}_sum{layer="video"}`)) > 0);
      assert.equal(await value('skylark_broadcasts_live'), 1);
      assert.equal(await value('skylark_whip_sessions'), 1);
      assert.equal(await value('skylark_stream_publishers_total'), 1);
      assert.equal(await value('skylark_viewers{protocol="whep"}'), 0);
      assert.equal(await value('skylark_whip_offers_total{outcome="accepted"}'), 1);
      assert.ok((await value('skylark_whip_packets_total')) > 30);
      assert.ok((await value('skylark_whip_keyframes_total')) > 0);
    } finally {
      await publisher.close();
    }
    const before = await value('skylark_whip_packets_total');
    await until('it is over', async () => (await value('skylark_whip_sessions')) === 0);
    assert.ok((await value('skylark_whip_packets_total')) >= before, 'what a publisher sent stays counted');
  });

  it('count HLS answers by kind, and refusals', async () => {
    await fetch(`${server.url}/hls/nothing`);
    assert.equal(await value('skylark_hls_responses_total{kind="refused"}'), 1);
    assert.equal(await value('skylark_hls_waiting_requests'), 0);
  });

  async function scrape(): Promise<string> {
    return (await fetch(`${server.url}/metrics`)).text();
  }

  async function value(name: string): Promise<number> {
    const line = (await scrape()).split('\n').find(line => line.startsWith(`${name} `));
    return Number(line?.split(' ')[1] ?? 0);
  }
});
