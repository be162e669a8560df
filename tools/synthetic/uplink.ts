import { randomInt } from 'node:crypto';
import ndc, { type Track } from 'node-datachannel';
import { isRtcp } from '../../src/media/rtp/packet.ts';
import { parseRtcp } from '../../src/media/rtp/rtcp.ts';
import { RtpSender, type RtpSenderOptions } from './rtp-sender.ts';

const VIDEO_SSRC = randomInt(1, 2 ** 32 - 1);
const AUDIO_SSRC = VIDEO_SSRC + 100;
const VIDEO = { payloadType: 96, clockRate: 90_000 };
const RID_ID = 1;
const TRANSPORT_ID = 2;
const H264_FMTP = 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f';

export interface UplinkEvents {
  keyframeWanted(): void;
  /** The server, or the network, ended it. */
  closed(): void;
}

/** A WHIP client (RFC 9725) on libdatachannel. */
export class Uplink {
  /** The one video stream, or the first layer. */
  readonly video: RtpSender;
  /** A stream for each RID; empty without simulcast. */
  readonly layers: readonly RtpSender[];
  readonly audio: RtpSender;
  readonly #peer: ReturnType<typeof openPeer>;
  readonly #tracks: readonly Track[];
  readonly #resource: string;
  readonly #token: string;

  /** `rids`: names of simulcast layers, the best first; without them there is one video stream. */
  static async connect(
    whipUrl: string,
    token: string,
    events: UplinkEvents,
    rids: readonly string[] = [],
  ): Promise<Uplink> {
    const peer = openPeer();
    const tracks = [addVideo(peer), addAudio(peer)];
    const gathered = new Promise<void>(resolve => {
      peer.onGatheringStateChange(state => state === 'complete' && resolve());
    });
    const opened = new Promise<void>(resolve => tracks[0]!.onOpen(resolve));
    peer.onStateChange(state => {
      if (['disconnected', 'failed', 'closed'].includes(state)) events.closed();
    });
    peer.setLocalDescription('offer');
    await gathered;
    const response = await fetch(whipUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/sdp', authorization: `Bearer ${token}` },
      body: withLayers(peer.localDescription()!.sdp, rids),
    });
    if (response.status !== 201)
      throw new Error(`WHIP was refused (${response.status}): ${await response.text()}`);
    const resource = new URL(response.headers.get('location')!, response.url).href;
    const answer = await response.text();
    if (rids.length > 0 && !answer.includes('a=simulcast:recv')) throw new Error('WHIP took one layer only');
    peer.setRemoteDescription(answer, 'answer');
    await opened;
    return new Uplink(peer, tracks, resource, token, events, rids);
  }

  private constructor(
    peer: ReturnType<typeof openPeer>,
    tracks: readonly [Track, Track] | readonly Track[],
    resource: string,
    token: string,
    events: UplinkEvents,
    rids: readonly string[],
  ) {
    this.#peer = peer;
    this.#tracks = tracks;
    this.#resource = resource;
    this.#token = token;
    const [video, audio] = tracks as [Track, Track];
    let transport = 0;
    this.layers = rids.map((rid, i) => {
      const extensions = () => layerExtensions(rid, transport++);
      return senderOf(video, { ...VIDEO, ssrc: VIDEO_SSRC + i, extensions });
    });
    this.video = this.layers[0] ?? senderOf(video, { ...VIDEO, ssrc: VIDEO_SSRC });
    this.audio = senderOf(audio, { ssrc: AUDIO_SSRC, payloadType: 111, clockRate: 48_000 });
    for (const track of this.#tracks) track.onMessage(bytes => this.#feedback(bytes, events));
  }

  /** Ends the session in good order. */
  async end(): Promise<void> {
    await fetch(this.#resource, { method: 'DELETE', headers: { authorization: `Bearer ${this.#token}` } });
    this.#peer.close();
  }

  #senderOf(ssrc: number): RtpSender | undefined {
    if (ssrc === AUDIO_SSRC) return this.audio;
    return this.layers[ssrc - VIDEO_SSRC] ?? this.video;
  }

  #feedback(bytes: Uint8Array, events: UplinkEvents): void {
    if (!isRtcp(bytes)) return;
    for (const report of parseRtcp(bytes)) {
      if (report.kind === 'pli' || report.kind === 'fir') events.keyframeWanted();
      if (report.kind === 'nack') this.#senderOf(report.mediaSsrc)?.sendAgain(report.sequenceNumbers);
    }
  }
}

const openPeer = () => new ndc.PeerConnection('synthetic', { iceServers: [] });

function addVideo(peer: ReturnType<typeof openPeer>): Track {
  const line = new ndc.Video('video', 'SendOnly');
  line.addH264Codec(96, H264_FMTP);
  line.addSSRC(VIDEO_SSRC, 'synthetic', 'synthetic', 'video');
  return peer.addTrack(line);
}

function addAudio(peer: ReturnType<typeof openPeer>): Track {
  const line = new ndc.Audio('audio', 'SendOnly');
  line.addOpusCodec(111);
  line.addSSRC(AUDIO_SSRC, 'synthetic', 'synthetic', 'audio');
  return peer.addTrack(line);
}

/** libdatachannel writes no simulcast: the offer names layers instead of the one source, as RFC 8853 section 5.3 has it. */
function withLayers(sdp: string, rids: readonly string[]): string {
  if (rids.length === 0) return sdp;
  const lines = [
    `a=extmap:${RID_ID} urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id`,
    `a=extmap:${TRANSPORT_ID} http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01`,
    'a=rtcp-fb:96 transport-cc',
    ...rids.map(rid => `a=rid:${rid} send`),
    `a=simulcast:send ${rids.join(';')}`,
  ];
  const bare = sdp.replace(new RegExp(`^a=(ssrc:${VIDEO_SSRC} .*|msid:.*)\\r\\n`, 'gm'), '');
  return bare.replace('a=mid:video\r\n', line => `${line}${lines.join('\r\n')}\r\n`);
}

/** What RFC 8852 and transport-wide feedback want in every packet of a layer. */
function layerExtensions(rid: string, transport: number): Uint8Array {
  const name = new TextEncoder().encode(rid);
  const elements = new Uint8Array(4 * Math.ceil((4 + name.length) / 4));
  elements.set([(TRANSPORT_ID << 4) | 1, (transport >> 8) & 0xff, transport & 0xff]);
  elements.set([(RID_ID << 4) | (name.length - 1), ...name], 3);
  return elements;
}

type SentStream = Omit<RtpSenderOptions, 'send'>;

function senderOf(track: Track, stream: SentStream): RtpSender {
  return new RtpSender({
    ...stream,
    send: packet => {
      if (track.isOpen()) track.sendMessageBinary(packet as Buffer);
    },
  });
}
