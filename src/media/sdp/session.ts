import { type MediaDescription, parse, type SessionDescription } from 'sdp-transform';
import { checkIce, refuse } from './limits.ts';
import type { OfferRole, TransportParameters } from './offer.ts';

/** Only what is read here reaches the parser: other lines cost nothing and cannot surprise it. */
const KEPT_LINE =
  /^(?:[vost]=|m=|a=(?:group|mid|rtpmap|fmtp|rtcp-fb|extmap|extmap-allow-mixed|setup|ice-ufrag|ice-pwd|fingerprint|rtcp-mux|rtcp-rsize|rid|simulcast|bundle-only|sendrecv|sendonly|recvonly|inactive)(?::|$))/;

/** Reads the lines that `boundedLines` gave. Throws `MediaError` `not-sdp`. */
export function parseSession(lines: readonly string[]): SessionDescription {
  if (lines[0] !== 'v=0') refuse('not-sdp', 'an SDP begins with v=0');
  const session = parse(lines.filter(line => KEPT_LINE.test(line)).join('\r\n'));
  if (session.media.some(media => media.type === undefined)) refuse('not-sdp', 'an m-line is malformed');
  return session;
}

/** The m-lines that are used, and the first one of their bundle, where its transport stands (RFC 9143 section 7.1.3). */
export interface BundledLines {
  readonly video: MediaDescription;
  readonly audio: MediaDescription;
  readonly tagged: MediaDescription | undefined;
}

/** Picks a line of each kind. Throws `MediaError` `no-video`, `no-audio`, `no-bundle` or `no-rtcp-mux`. */
export function bundledLines(session: SessionDescription, role: OfferRole): BundledLines {
  const video = pickMedia(session, 'video', role);
  const audio = pickMedia(session, 'audio', role);
  const bundled = bundledMids(session);
  for (const media of [video, audio]) checkMuxing(media, bundled);
  return { video, audio, tagged: session.media.find(media => String(media.mid) === bundled[0]) };
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

/** Transport attributes stand at the tagged m-line or above all m-lines. Throws `MediaError` `no-ice` or `no-fingerprint`. */
export function transportParameters(
  session: SessionDescription,
  tagged: MediaDescription | undefined,
): TransportParameters & { setup: string | undefined } {
  const ice = checkIce(tagged?.iceUfrag ?? session.iceUfrag, tagged?.icePwd ?? session.icePwd);
  const print = tagged?.fingerprint ?? session.fingerprint;
  const fingerprint = `${String(print?.type).toLowerCase()} ${String(print?.hash).toUpperCase()}`;
  if (!/^sha-256 [0-9A-F]{2}(?::[0-9A-F]{2}){31}$/.test(fingerprint)) {
    refuse('no-fingerprint', 'a=fingerprint with sha-256 is missing or malformed');
  }
  return { ...ice, fingerprint, setup: tagged?.setup ?? session.setup };
}
