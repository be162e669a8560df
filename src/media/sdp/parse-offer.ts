import { type MediaDescription, parse, type SessionDescription } from 'sdp-transform';
import { acceptAudio, acceptVideo } from './codecs.ts';
import { boundedLines, candidateLines, checkIce, refuse } from './limits.ts';
import type { Offer, OfferRole, RemoteParameters } from './offer.ts';

export interface OfferOptions {
  readonly role: OfferRole;
  /** `profile-level-id` of the stream that a viewer will get; the offered payload type of its profile is preferred. */
  readonly profileLevelId?: string;
  /** Whether a publisher may send several layers (`a=simulcast`). Without it, an offer of several comes to one. */
  readonly simulcast?: boolean;
}

/** Only what is read here reaches the parser: other lines cost nothing and cannot surprise it. */
const KEPT_LINE =
  /^(?:[vost]=|m=|a=(?:group|mid|rtpmap|fmtp|rtcp-fb|extmap|extmap-allow-mixed|setup|ice-ufrag|ice-pwd|fingerprint|rtcp-mux|rtcp-rsize|rid|simulcast|bundle-only|sendrecv|sendonly|recvonly|inactive)(?::|$))/;

/** Reads an offer and chooses from it. Throws `MediaError`; its `reason` is a `SdpReason`. */
export function parseOffer(text: string, options: OfferOptions): Offer {
  const lines = boundedLines(text);
  if (lines[0] !== 'v=0') refuse('not-sdp', 'an SDP begins with v=0');
  const session = parse(lines.filter(line => KEPT_LINE.test(line)).join('\r\n'));
  if (session.media.some(media => media.type === undefined)) refuse('not-sdp', 'an m-line is malformed');
  if (session.media.length === 0) refuse('not-offer', 'there is no m-line');
  const videoMedia = pickMedia(session, 'video', options.role);
  const audioMedia = pickMedia(session, 'audio', options.role);
  const bundled = bundledMids(session);
  for (const media of [videoMedia, audioMedia]) checkMuxing(media, bundled);
  return {
    role: options.role,
    remote: remoteParameters(session, bundled),
    candidates: candidateLines(lines),
    video: acceptVideo(videoMedia, options.role, options.profileLevelId, options.simulcast),
    audio: acceptAudio(audioMedia, options.role),
    media: session.media,
  };
}

/** The first m-line of a kind in the wanted direction; more of the kind are answered as rejected. */
function pickMedia(session: SessionDescription, kind: 'video' | 'audio', role: OfferRole): MediaDescription {
  const wanted = role === 'publisher' ? 'sendonly' : 'recvonly';
  const found = session.media.find(media => {
    if (media.type !== kind) return false;
    if (media.port === 0 && media.bundleOnly === undefined) return false;
    const direction = media.direction ?? session.direction ?? 'sendrecv';
    return direction === wanted || direction === 'sendrecv';
  });
  return found ?? refuse(kind === 'video' ? 'no-video' : 'no-audio', `there is no ${wanted} ${kind} m-line`);
}

function bundledMids(session: SessionDescription): string[] {
  const group = session.groups?.find(candidate => candidate.type === 'BUNDLE');
  return group === undefined ? [] : String(group.mids).split(' ');
}

/** One transport carries everything (RFC 9725 section 4.4.1), so BUNDLE and rtcp-mux are required. */
function checkMuxing(media: MediaDescription, bundled: readonly string[]): void {
  if (media.mid === undefined || !bundled.includes(String(media.mid))) {
    refuse('no-bundle', 'audio and video must share one BUNDLE group');
  }
  if (media.rtcpMux === undefined) refuse('no-rtcp-mux', 'a=rtcp-mux is missing');
}

/** Transport attributes stand at the first m-line of the bundle (RFC 9143 section 7.1.3) or above all m-lines. */
function remoteParameters(session: SessionDescription, bundled: readonly string[]): RemoteParameters {
  const tagged = session.media.find(media => String(media.mid) === bundled[0]);
  const setup = tagged?.setup ?? session.setup;
  if (setup !== 'actpass' && setup !== 'active') refuse('not-offer', 'a=setup must be actpass');
  const ice = checkIce(tagged?.iceUfrag ?? session.iceUfrag, tagged?.icePwd ?? session.icePwd);
  const print = tagged?.fingerprint ?? session.fingerprint;
  const fingerprint = `${String(print?.type).toLowerCase()} ${String(print?.hash).toUpperCase()}`;
  if (!/^sha-256 [0-9A-F]{2}(?::[0-9A-F]{2}){31}$/.test(fingerprint)) {
    refuse('no-fingerprint', 'a=fingerprint with sha-256 is missing or malformed');
  }
  return { ...ice, fingerprint, setup };
}
