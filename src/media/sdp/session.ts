import { type MediaDescription, parse, type SessionDescription } from 'sdp-transform';
import { fingerprintOf } from './fingerprint.ts';
import { checkIce, refuse } from './limits.ts';
import type { OfferRole, TransportParameters } from './offer.ts';

/** Only what is read here reaches the parser: other lines cost nothing and cannot surprise it. */
const KEPT_LINE =
  /^(?:[vost]=|m=|a=(?:group|mid|rtpmap|fmtp|rtcp-fb|extmap|extmap-allow-mixed|setup|ice-ufrag|ice-pwd|rtcp-mux|rtcp-rsize|rid|simulcast|bundle-only|sendrecv|sendonly|recvonly|inactive)(?::|$))/;

/** An m-line, and the fingerprints below it: there may be several, of which the parser would keep the last. */
export interface MediaSection {
  readonly media: MediaDescription;
  readonly fingerprints: readonly string[];
}

export interface Session {
  /** What stands above all m-lines. */
  readonly head: SessionDescription;
  /** As `MediaSection.fingerprints`, above all m-lines. */
  readonly fingerprints: readonly string[];
  readonly sections: readonly MediaSection[];
}

/** Reads the lines that `boundedLines` gave. Throws `MediaError` `not-sdp`. */
export function parseSession(lines: readonly string[]): Session {
  if (lines[0] !== 'v=0') refuse('not-sdp', 'an SDP begins with v=0');
  const head = parse(lines.filter(line => KEPT_LINE.test(line)).join('\r\n'));
  if (head.media.some(media => media.type === undefined)) refuse('not-sdp', 'an m-line is malformed');
  const [fingerprints = [], ...ofMedia] = fingerprintLines(lines);
  return {
    head,
    fingerprints,
    sections: head.media.map((media, i) => ({ media, fingerprints: ofMedia[i] ?? [] })),
  };
}

/** Values of `a=fingerprint:`, first those above all m-lines, then those of each m-line. */
function fingerprintLines(lines: readonly string[]): string[][] {
  const sections: string[][] = [[]];
  for (const line of lines) {
    if (line.startsWith('m=')) sections.push([]);
    if (line.startsWith('a=fingerprint:')) sections.at(-1)!.push(line.slice('a=fingerprint:'.length));
  }
  return sections;
}

/** The m-lines that are used, and the one where the transport of their bundle stands (RFC 9143 section 7.1.3). */
export interface BundledLines {
  readonly video: MediaDescription;
  /** Null where there is no line of sound. */
  readonly audio: MediaDescription | null;
  readonly tagged: MediaSection;
  /** The group that holds them; null for one line alone. */
  readonly isGrouped: boolean;
}

/** Picks a line of each kind. Throws `MediaError` `no-video`, `no-bundle` or `no-rtcp-mux`. */
export function bundledLines(session: Session, role: OfferRole): BundledLines {
  const wanted = role === 'publisher' ? 'sendonly' : 'recvonly';
  const video = pickMedia(session, 'video', wanted);
  if (video === null) refuse('no-video', `there is no ${wanted} video m-line`);
  const audio = pickMedia(session, 'audio', wanted);
  const used = audio === null ? [video] : [video, audio];
  const group = bundleOf(session, used);
  const tagged = group?.tagged ?? session.sections.find(({ media }) => media === video)!;
  for (const media of used) {
    // RFC 8829 section 5.2.1: a line that is bundled or nothing leaves to the tagged one what they share.
    const isMuxed = media.rtcpMux ?? (isBundleOnly(media) ? tagged.media.rtcpMux : undefined);
    if (isMuxed === undefined) refuse('no-rtcp-mux', 'a=rtcp-mux is missing');
  }
  return { video, audio, tagged, isGrouped: group !== null };
}

/** The first m-line of a kind in the wanted direction; more of the kind are answered as rejected. */
function pickMedia(session: Session, kind: 'video' | 'audio', wanted: string): MediaDescription | null {
  const found = session.sections.find(({ media }) => {
    if (media.type !== kind || !isAlive(media)) return false;
    const direction = media.direction ?? session.head.direction ?? 'sendrecv';
    return direction === wanted || direction === 'sendrecv';
  });
  return found?.media ?? null;
}

const isBundleOnly = (media: MediaDescription): boolean => media.bundleOnly !== undefined;
/** RFC 9143 section 6: a line of a bundle may have port 0 and be meant. */
const isAlive = (media: MediaDescription): boolean => media.port !== 0 || isBundleOnly(media);

/** One transport carries everything (RFC 9725 section 4.4.1), so several lines share a group. One line alone needs none. */
function bundleOf(
  { head, sections }: Session,
  used: readonly MediaDescription[],
): { readonly tagged: MediaSection } | null {
  const groups = (head.groups ?? []).filter(({ type }) => type === 'BUNDLE');
  for (const { mids } of groups) {
    const grouped = String(mids)
      .split(' ')
      .flatMap(
        mid => sections.find(({ media }) => media.mid !== undefined && String(media.mid) === mid) ?? [],
      );
    if (!used.every(line => grouped.some(({ media }) => media === line))) continue;
    return { tagged: grouped.find(({ media }) => isAlive(media))! };
  }
  if (sections.length > 1 && (used.length > 1 || used[0]!.mid === undefined))
    refuse('no-bundle', 'audio and video must share one BUNDLE group');
  return null;
}

/** Transport attributes stand at the tagged m-line or above all m-lines. Throws `MediaError` `no-ice` or `no-fingerprint`. */
export function transportParameters(
  { head, fingerprints }: Session,
  tagged: MediaSection,
): TransportParameters & { setup: string | undefined } {
  const { media } = tagged;
  return {
    ...checkIce(media.iceUfrag ?? head.iceUfrag, media.icePwd ?? head.icePwd),
    fingerprint: fingerprintOf(tagged.fingerprints.length > 0 ? tagged.fingerprints : fingerprints),
    setup: media.setup ?? head.setup,
  };
}
