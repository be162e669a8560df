import type { AirCounts, KeyframeInterval, PartCut } from '#live/index.ts';
import type { HlsStats } from '#servers/hls/index.ts';
import type { Connections } from '#servers/http/index.ts';
import type { SocketServer } from '#servers/socket/index.ts';
import type { WhepServer } from '#servers/whep/index.ts';
import type { WhipServer } from '#servers/whip/index.ts';
import type { Metrics } from './metrics.ts';

/** Around PART-TARGET, 0.22 s: what is above it is a defect. */
const PART_BUCKETS_S = [0.05, 0.1, 0.15, 0.18, 0.2, 0.21, 0.22, 0.25, 0.5, 1];

/** Part durations, by rendition. */
export function measureParts(metrics: Metrics): PartCut {
  const help = 'Duration of HLS parts, by rendition';
  return metrics.histogram('skylark_hls_part_duration_seconds', help, 'rendition', PART_BUCKETS_S);
}

/** What encoders are set to: 2 s is good; without answers to PLI, viewers by HLS join as late as this is long. */
const KEYFRAME_BUCKETS_S = [0.5, 1, 2, 4, 8, 16, 60];

/** Key-frame intervals, by layer. */
export function measureKeyframes(metrics: Metrics): KeyframeInterval {
  const help = 'Media time from one key frame of a publisher to the next, by layer';
  return metrics.histogram('skylark_whip_keyframe_interval_seconds', help, 'layer', KEYFRAME_BUCKETS_S);
}

export function measureLive(
  metrics: Metrics,
  live: { readonly sending: number; readonly counts: AirCounts },
): void {
  const count = (name: string, help: string, read: () => number) =>
    metrics.total(`skylark_${name}_total`, help, read);
  metrics.gauge('skylark_broadcasts_live', 'Broadcasts that send pictures', () => live.sending);
  count(
    'stream_publishers',
    'Publishers, those that came back or took over included',
    () => live.counts.publishers,
  );
  count('stream_readers_dropped', 'Readers of a stream that failed', () => live.counts.readersDropped);
  count('stream_gops_cut', 'Caches that outgrew their bounds', () => live.counts.gopsCut);
  count('hls_dropped_frames', 'Pictures that HLS left out', () => live.counts.droppedFrames);
  count('hls_dropped_audio_frames', 'AAC frames that HLS left out', () => live.counts.droppedAudioFrames);
  count('recording_lost_writes', 'Pieces that a recording lacks for good', () => live.counts.recordingLost);
  count('hls_silent_frames', 'AAC frames of silence put for lost sound', () => live.counts.silentFrames);
}

/** A player of LL-HLS waits for the next picture and the next sound at once. */
const WAITING_PER_VIEWER = 2;

export function measureViewers(metrics: Metrics, whep: WhepServer, hls: HlsStats): void {
  metrics.gauges(
    'skylark_viewers',
    'Viewers, by protocol; of HLS by the requests that wait',
    'protocol',
    () => ({
      whep: whep.sessions,
      hls: Math.ceil(hls.waiting / WAITING_PER_VIEWER),
    }),
  );
}

/** What publishers send us. */
export function measureWhip(metrics: Metrics, whip: WhipServer): void {
  const count = (name: string, help: string, read: () => number) =>
    metrics.total(`skylark_whip_${name}_total`, help, read);
  metrics.gauge('skylark_whip_sessions', 'Publishers connected by WHIP', () => whip.sessions);
  metrics.totals('skylark_whip_offers_total', 'WHIP offers, by outcome', 'outcome', () => ({
    ...whip.stats,
  }));
  count('packets', 'RTP packets received from publishers', () => whip.received.packets);
  count('bytes', 'Bytes of RTP received from publishers', () => whip.received.bytes);
  count('nacks', 'Packets asked for again', () => whip.received.nacked);
  count(
    'recovered_packets',
    'Packets that came after they were asked for again',
    () => whip.received.recovered,
  );
  count('lost_packets', 'Packets given up', () => whip.received.lost);
  count('dropped_units', 'Access units left out because they were broken', () => whip.received.unitsDropped);
  count('keyframes', 'Key frames received', () => whip.received.keyframes);
  count('plis', 'Key frames asked for', () => whip.received.keyframesAsked);
  count('reordered_pictures', 'Pictures of encoders that send B-frames', () => whip.received.reordered);
}

/** What we send to viewers by WebRTC. */
export function measureWhep(metrics: Metrics, whep: WhepServer): void {
  const count = (name: string, help: string, read: () => number) =>
    metrics.total(`skylark_whep_${name}_total`, help, read);
  metrics.gauge('skylark_whep_sessions', 'Viewers connected by WHEP', () => whep.sessions);
  metrics.gauge(
    'skylark_whep_sound_alone',
    'Viewers by WHEP that get no pictures, for none fit',
    () => whep.soundAlone,
  );
  metrics.gauge('skylark_whep_full', '1 while new viewers are sent to HLS', () => Number(whep.isFull));
  metrics.gauge('skylark_whep_waiting_offers', 'Offers that wait for room', () => whep.waiting);
  metrics.gauge('skylark_busy_ratio', 'How busy the process is, as capacity sees it', () => whep.busy);
  metrics.gauge('skylark_whep_loss_ratio', 'Mean share of packets that viewers lose', () => whep.lossRatio);
  metrics.totals('skylark_whep_offers_total', 'WHEP offers, by outcome', 'outcome', () => ({
    ...whep.stats,
  }));
  count('packets', 'RTP packets sent to viewers', () => whep.sent.packets);
  count('bytes', 'Bytes of RTP sent to viewers', () => whep.sent.bytes);
  count('nacks', 'Packets that viewers asked for again', () => whep.sent.nacked);
  count('resent_packets', 'Packets sent again', () => whep.sent.resent);
  count('plis', 'Key frames that viewers asked for', () => whep.sent.keyframesAsked);
}

export function measureHls(metrics: Metrics, stats: HlsStats): void {
  const { responses } = stats;
  metrics.totals('skylark_hls_responses_total', 'HLS answers, by kind', 'kind', () => ({ ...responses }));
  metrics.total('skylark_hls_bytes_total', 'Bytes of HLS answers before compression', () => stats.bytes);
  metrics.gauge('skylark_hls_waiting_requests', 'HLS requests that wait', () => stats.waiting);
}

/** Sockets, and those that were cut: `tooSlow` is the queue that overflowed. */
export function measureSockets(metrics: Metrics, sockets: SocketServer): void {
  metrics.gauge('skylark_sockets', 'Open WebSockets', () => sockets.sockets);
  metrics.gauge('skylark_socket_topics', 'Topics that somebody has joined', () => sockets.topics);
  metrics.total('skylark_sockets_opened_total', 'WebSockets opened', () => sockets.stats.opened);
  metrics.totals('skylark_socket_failures_total', 'Refused and cut sockets, by reason', 'reason', () => {
    const { refused, badFrames, tooSlow, silent } = sockets.stats;
    return { refused, bad_frame: badFrames, too_slow: tooSlow, silent };
  });
}

/** TCP connections, and those that were closed before their time. */
export function measureConnections(metrics: Metrics, connections: Connections): void {
  metrics.gauge('skylark_connections', 'Open TCP connections', () => connections.open);
  metrics.totals('skylark_connections_cut_total', 'Connections that were cut, by reason', 'reason', () => ({
    ...connections.stats,
  }));
}
