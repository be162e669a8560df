import { type MediaDescription, write } from 'sdp-transform';
import { assert } from '#base/assert.ts';
import { midOf } from './codecs.ts';
import type {
  AcceptedAudio,
  AcceptedFeedback,
  AcceptedVideo,
  LocalParameters,
  OfferedTerms,
} from './offer.ts';
import { simulcastLines } from './simulcast.ts';

/** Synchronization sources that we send with; the same ones go to `ViewerRtp`. */
export interface SendingSsrcs {
  readonly video: number;
  /** Null when the offer has no RTX. */
  readonly videoRtx: number | null;
  readonly audio: number;
}

/** The stream id and CNAME that both tracks share, so that browsers play them in sync (RFC 8834 section 4.9). */
export const CNAME = 'skylark';

/**
 * The answer to an accepted offer: `recvonly` to a publisher, `sendonly` to a viewer, for whom `ssrcs` must be given.
 * m-lines that were not chosen are rejected with port 0 (RFC 3264 section 6).
 */
export function writeAnswer(
  offer: OfferedTerms,
  local: LocalParameters,
  ssrcs: SendingSsrcs | null = null,
): string {
  assert((offer.role === 'viewer') === (ssrcs !== null), 'SSRCs go to viewers and to them only');
  const { video, audio } = offer;
  const media = offer.media.map(offered => {
    if (offered.type === 'video' && midOf(offered) === video.mid)
      return videoLine(offer, offered, local, ssrcs);
    if (audio !== null && offered.type === 'audio' && midOf(offered) === audio.mid)
      return audioLine(offer, audio, offered, local, ssrcs);
    return rejectedLine(offered);
  });
  const mids = media.filter(line => line.port !== 0).map(midOf);
  const text = write({
    version: 0,
    origin: { username: '-', sessionId: 1, sessionVersion: 1, netType: 'IN', ipVer: 4, address: '0.0.0.0' },
    name: '-',
    timing: { start: 0, stop: 0 },
    ...(offer.isGrouped ? { groups: [{ type: 'BUNDLE', mids: mids.join(' ') }] } : {}),
    msidSemantic: { semantic: 'WMS', token: '*' },
    media,
  });
  return withCandidates(text, local.candidates);
}

function videoLine(
  offer: OfferedTerms,
  offered: MediaDescription,
  local: LocalParameters,
  ssrcs: SendingSsrcs | null,
): MediaDescription {
  const { payloadType, rtxPayloadType, fmtp, simulcast } = offer.video;
  const rtp = [{ payload: payloadType, codec: 'H264', rate: 90000 }];
  const formats = fmtp === '' ? [] : [{ payload: payloadType, config: fmtp }];
  if (rtxPayloadType !== null) {
    rtp.push({ payload: rtxPayloadType, codec: 'rtx', rate: 90000 });
    formats.push({ payload: rtxPayloadType, config: `apt=${payloadType}` });
  }
  const sources = ssrcs === null ? {} : videoSources(ssrcs);
  return {
    ...baseLine(offer, offered, offer.video, local),
    rtp,
    fmtp: formats,
    ...payloads(rtp),
    ...sources,
    ...(simulcast === undefined ? {} : simulcastLines(simulcast)),
  };
}

function audioLine(
  offer: OfferedTerms,
  audio: AcceptedAudio,
  offered: MediaDescription,
  local: LocalParameters,
  ssrcs: SendingSsrcs | null,
): MediaDescription {
  const { payloadType, fmtp } = audio;
  const rtp = [{ payload: payloadType, codec: 'opus', rate: 48000, encoding: 2 }];
  const formats = fmtp === '' ? [] : [{ payload: payloadType, config: fmtp }];
  const sources = ssrcs === null ? {} : { msid: msid('audio'), ssrcs: cnames([ssrcs.audio]) };
  return {
    ...baseLine(offer, offered, audio, local),
    rtp,
    fmtp: formats,
    ...payloads(rtp),
    ...sources,
  };
}

type Line = Omit<MediaDescription, 'rtp' | 'fmtp' | 'payloads'>;

function baseLine(
  offer: OfferedTerms,
  offered: MediaDescription,
  accepted: AcceptedAudio | AcceptedVideo,
  local: LocalParameters,
): Line {
  const [hash, value] = local.fingerprint.split(' ');
  return {
    type: offered.type,
    port: 9,
    protocol: offered.protocol,
    connection: { version: 4, ip: '0.0.0.0' },
    ...(accepted.mid === '' ? {} : { mid: accepted.mid }),
    iceUfrag: local.iceUfrag,
    icePwd: local.icePwd,
    iceOptions: 'trickle',
    fingerprint: { type: hash!, hash: value! },
    setup: local.setup,
    direction: offer.role === 'publisher' ? 'recvonly' : 'sendonly',
    rtcpMux: 'rtcp-mux',
    ...(offered.rtcpRsize === undefined ? {} : { rtcpRsize: 'rtcp-rsize' as const }),
    ext: extensionLines(offered, accepted),
    rtcpFb: feedbackLines(accepted.payloadType, accepted.feedback),
  };
}

/** `video-orientation` is left out so that phones rotate before they encode. */
function extensionLines(
  offered: MediaDescription,
  accepted: AcceptedAudio | AcceptedVideo,
): NonNullable<MediaDescription['ext']> {
  const ids: (number | null)[] = Object.values(accepted.extensions);
  if ('simulcast' in accepted && accepted.simulcast !== undefined)
    ids.push(accepted.simulcast.ridId, accepted.simulcast.repairedRidId);
  return (offered.ext ?? [])
    .filter(line => ids.includes(line.value))
    .map(line => ({ value: line.value, uri: line.uri }));
}

function feedbackLines(payload: number, accepted: AcceptedFeedback): NonNullable<MediaDescription['rtcpFb']> {
  const lines: NonNullable<MediaDescription['rtcpFb']> = [];
  if (accepted.nack) lines.push({ payload, type: 'nack' });
  if (accepted.pli) lines.push({ payload, type: 'nack', subtype: 'pli' });
  if (accepted.transportCc) lines.push({ payload, type: 'transport-cc' });
  if (accepted.remb) lines.push({ payload, type: 'goog-remb' });
  return lines;
}

function payloads(rtp: readonly { payload: number }[]): { payloads: string } {
  return { payloads: rtp.map(codec => codec.payload).join(' ') };
}

function videoSources(ssrcs: SendingSsrcs): Partial<MediaDescription> {
  const { video, videoRtx } = ssrcs;
  if (videoRtx === null) return { msid: msid('video'), ssrcs: cnames([video]) };
  return {
    msid: msid('video'),
    ssrcs: cnames([video, videoRtx]),
    ssrcGroups: [{ semantics: 'FID', ssrcs: `${video} ${videoRtx}` }],
  };
}

function msid(track: string): NonNullable<MediaDescription['msid']> {
  return [{ id: CNAME, appdata: track }];
}

function cnames(ids: readonly number[]): NonNullable<MediaDescription['ssrcs']> {
  return ids.map(id => ({ id, attribute: 'cname', value: CNAME }));
}

function rejectedLine(offered: MediaDescription): MediaDescription {
  return {
    type: offered.type,
    port: 0,
    protocol: offered.protocol,
    payloads: String(offered.payloads ?? '0'),
    rtp: [],
    fmtp: [],
    connection: { version: 4, ip: '0.0.0.0' },
    ...(offered.mid === undefined ? {} : { mid: String(offered.mid) }),
    direction: 'inactive',
  };
}

/** Candidates go in verbatim, at the first m-line that is taken, which carries the transport, all at once. */
function withCandidates(text: string, candidates: readonly string[]): string {
  const lines = candidates.map(candidate => `a=${candidate}\r\n`).join('');
  return text.replace(/a=ice-pwd:.*\r\n/, found => `${found}${lines}a=end-of-candidates\r\n`);
}
