import { randomInt } from 'node:crypto';
import ndc, { type Track } from 'node-datachannel';
import { isRtcp } from '../../src/media/rtp/packet.ts';
import { parseRtcp } from '../../src/media/rtp/rtcp.ts';
import { RtpSender } from './rtp-sender.ts';

const VIDEO_SSRC = randomInt(1, 2 ** 32 - 1);
const AUDIO_SSRC = VIDEO_SSRC + 1;
const H264_FMTP = 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f';

export interface UplinkEvents {
  keyframeWanted(): void;
  /** The server, or the network, ended it. */
  closed(): void;
}

/** A WHIP client (RFC 9725) on libdatachannel. */
export class Uplink {
  readonly video: RtpSender;
  readonly audio: RtpSender;
  readonly #peer: ReturnType<typeof openPeer>;
  readonly #tracks: readonly Track[];
  readonly #resource: string;
  readonly #token: string;

  static async connect(whipUrl: string, token: string, events: UplinkEvents): Promise<Uplink> {
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
      body: peer.localDescription()!.sdp,
    });
    if (response.status !== 201)
      throw new Error(`WHIP was refused (${response.status}): ${await response.text()}`);
    const resource = new URL(response.headers.get('location')!, response.url).href;
    peer.setRemoteDescription(await response.text(), 'answer');
    await opened;
    return new Uplink(peer, tracks, resource, token, events);
  }

  private constructor(
    peer: ReturnType<typeof openPeer>,
    tracks: readonly [Track, Track] | readonly Track[],
    resource: string,
    token: string,
    events: UplinkEvents,
  ) {
    this.#peer = peer;
    this.#tracks = tracks;
    this.#resource = resource;
    this.#token = token;
    const [video, audio] = tracks as [Track, Track];
    this.video = senderOf(video, { ssrc: VIDEO_SSRC, payloadType: 96, clockRate: 90_000 });
    this.audio = senderOf(audio, { ssrc: AUDIO_SSRC, payloadType: 111, clockRate: 48_000 });
    for (const track of this.#tracks) track.onMessage(bytes => this.#feedback(bytes, events));
  }

  /** Ends the session in good order. */
  async end(): Promise<void> {
    await fetch(this.#resource, { method: 'DELETE', headers: { authorization: `Bearer ${this.#token}` } });
    this.#peer.close();
  }

  #feedback(bytes: Uint8Array, events: UplinkEvents): void {
    if (!isRtcp(bytes)) return;
    for (const report of parseRtcp(bytes)) {
      if (report.kind === 'pli' || report.kind === 'fir') events.keyframeWanted();
      if (report.kind === 'nack')
        (report.mediaSsrc === VIDEO_SSRC ? this.video : this.audio).sendAgain(report.sequenceNumbers);
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

function senderOf(track: Track, stream: { ssrc: number; payloadType: number; clockRate: number }): RtpSender {
  return new RtpSender({
    ...stream,
    send: packet => {
      if (track.isOpen()) track.sendMessageBinary(packet as Buffer);
    },
  });
}
