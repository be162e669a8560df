import ndc, { type Track } from 'node-datachannel';
import type { RtcAnswerer, RtcLocal, RtcRemote } from '#ports/rtc.ts';

type Kind = 'audio' | 'video';

/** A WebRTC offerer in this process, raw: it sends and receives packets as they are, and knows no codec. */
export interface RtcPeer {
  /** The whole offer, candidates included. */
  readonly offer: string;
  readonly parameters: RtcRemote;
  /** Resolves when packets can be sent. */
  readonly opened: Promise<void>;
  answer(sdp: string): void;
  /** Answers a one-line video offer with nothing but transport parameters. */
  answerWith(local: RtcLocal): void;
  /** False once the other side has closed, and for bytes that SRTP cannot protect. */
  send(kind: Kind, packet: Uint8Array): boolean;
  onPacket(receive: (kind: Kind, packet: Uint8Array) => void): void;
  close(): void;
}

export interface RtcPeerOptions {
  readonly direction: 'sendonly' | 'recvonly';
  /** Media lines in the order of the offer. */
  readonly kinds?: readonly Kind[];
  /** What it is known by; one of the library's own when absent. */
  readonly certificate?: { readonly certificatePem: string; readonly keyPem: string };
}

export const PEER_SSRC: Readonly<Record<Kind, number>> = { audio: 1111, video: 2222 };

export async function openRtcPeer(options: RtcPeerOptions): Promise<RtcPeer> {
  const peer = new ndc.PeerConnection('peer', {
    iceServers: [],
    bindAddress: '127.0.0.1',
    ...(options.certificate && {
      certificatePemFile: options.certificate.certificatePem,
      keyPemFile: options.certificate.keyPem,
    }),
  });
  const gathered = new Promise<void>(resolve => {
    peer.onGatheringStateChange(state => state === 'complete' && resolve());
  });
  let receive: (kind: Kind, packet: Uint8Array) => void = () => {};
  const tracks = new Map<Kind, Track>();
  for (const kind of options.kinds ?? ['video']) {
    const track = peer.addTrack(media(kind, options.direction));
    track.onMessage(bytes => receive(kind, bytes));
    tracks.set(kind, track);
  }
  const opened = new Promise<void>(resolve => {
    [...tracks.values()][0]?.onOpen(resolve);
  });
  peer.setLocalDescription('offer');
  await gathered;
  const offer = peer.localDescription()!.sdp;
  const answer = (sdp: string) => peer.setRemoteDescription(sdp, 'answer');
  return {
    offer,
    parameters: parametersOf(offer),
    opened,
    answer,
    answerWith: local => answer(describe(local, options.direction === 'sendonly' ? 'recvonly' : 'sendonly')),
    send(kind, packet) {
      const track = tracks.get(kind);
      try {
        return track?.isOpen() === true && track.sendMessageBinary(packet as Buffer);
      } catch {
        return false;
      }
    },
    onPacket: handler => {
      receive = handler;
    },
    close: () => peer.close(),
  };
}

/** The same the other way round: it answers. */
export interface RtcAnsweringPeer {
  /** The whole answer, candidates included. */
  readonly answer: string;
  readonly parameters: RtcAnswerer;
  /** Resolves when packets can be sent. */
  readonly opened: Promise<void>;
  send(packet: Uint8Array): boolean;
  onPacket(receive: (packet: Uint8Array) => void): void;
  close(): void;
}

/** Answers a whole offer, or one video line of nothing but transport parameters; its checks begin at once. */
export async function openAnsweringPeer(offer: string | RtcLocal): Promise<RtcAnsweringPeer> {
  const peer = new ndc.PeerConnection('answerer', { iceServers: [], bindAddress: '127.0.0.1' });
  const gathered = new Promise<void>(resolve => {
    peer.onGatheringStateChange(state => state === 'complete' && resolve());
  });
  let receive: (packet: Uint8Array) => void = () => {};
  const tracks: Track[] = [];
  const opened = new Promise<void>(resolve => {
    peer.onTrack(track => {
      tracks.push(track);
      track.onMessage(bytes => receive(bytes));
      track.onOpen(resolve);
    });
  });
  peer.setRemoteDescription(typeof offer === 'string' ? offer : describe(offer, 'sendonly'), 'offer');
  await gathered;
  const answer = peer.localDescription()!.sdp;
  return {
    answer,
    parameters: { ...parametersOf(answer), setup: /^a=setup:active/m.test(answer) ? 'active' : 'passive' },
    opened,
    send: packet => tracks[0]?.isOpen() === true && tracks[0].sendMessageBinary(packet as Buffer),
    onPacket: handler => {
      receive = handler;
    },
    close: () => peer.close(),
  };
}

function media(kind: Kind, direction: RtcPeerOptions['direction']) {
  const way = direction === 'sendonly' ? 'SendOnly' : 'RecvOnly';
  const line = kind === 'video' ? new ndc.Video(kind, way) : new ndc.Audio(kind, way);
  if (line instanceof ndc.Video) line.addH264Codec(96, H264_FMTP);
  else line.addOpusCodec(111);
  if (direction === 'sendonly') line.addSSRC(PEER_SSRC[kind], 'peer', 'stream', kind);
  return line;
}

const H264_FMTP = 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f';

function parametersOf(offer: string): RtcRemote {
  const attribute = (name: string) => new RegExp(`^a=${name}:(.*)$`, 'm').exec(offer)![1]!.trim();
  return {
    iceUfrag: attribute('ice-ufrag'),
    icePwd: attribute('ice-pwd'),
    fingerprint: attribute('fingerprint'),
    setup: 'actpass',
  };
}

/** One video line of `direction`. */
function describe(local: RtcLocal, direction: RtcPeerOptions['direction']): string {
  const lines = [
    'v=0',
    'o=- 1 1 IN IP4 0.0.0.0',
    's=-',
    't=0 0',
    ...(local.setup === 'actpass' ? ['a=ice-lite'] : []),
    'a=group:BUNDLE video',
    'm=video 9 UDP/TLS/RTP/SAVPF 96',
    'c=IN IP4 0.0.0.0',
    'a=mid:video',
    `a=${direction}`,
    `a=ice-ufrag:${local.iceUfrag}`,
    `a=ice-pwd:${local.icePwd}`,
    `a=fingerprint:${local.fingerprint}`,
    `a=setup:${local.setup}`,
    'a=rtcp-mux',
    'a=rtpmap:96 H264/90000',
    `a=fmtp:96 ${H264_FMTP}`,
    ...local.candidates.map(candidate => `a=${candidate}`),
  ];
  return `${lines.join('\r\n')}\r\n`;
}

/** Ends the library's threads, which keep a process alive that has no server of its own. */
export function endRtcLibrary(): void {
  ndc.cleanup();
}
