import { MediaError } from '../unit.ts';

/** An offer or fragment larger than this is refused before it is read. */
export const SDP_BYTES_MAX = 64 * 1024;
/** One line of an SDP. */
export const SDP_LINE_MAX = 2048;
/** m-lines of one SDP. */
export const SDP_MEDIA_MAX = 16;
/** Candidates taken from one offer or fragment; later ones are left out. */
export const ICE_CANDIDATES_MAX = 64;

/** Why an SDP is refused; `reason` of the `MediaError`. What each is in HTTP, `contract/webrtc-http.ts` says. */
export type SdpReason =
  | 'too-large'
  | 'not-sdp'
  | 'not-offer'
  | 'not-answer'
  | 'no-media'
  | 'no-video'
  | 'no-h264'
  | 'no-opus'
  | 'no-ice'
  | 'no-fingerprint'
  | 'no-bundle'
  | 'no-rtcp-mux'
  | 'too-many-layers';

/** Reasons that are about media: who sent such an offer may be able to answer one of ours. */
export const MEDIA_REASONS: ReadonlySet<string> = new Set<SdpReason>([
  'no-media',
  'no-video',
  'no-h264',
  'no-opus',
  'no-bundle',
  'no-rtcp-mux',
]);

export function refuse(reason: SdpReason, message: string): never {
  throw new MediaError(reason, message);
}

/** The lines of an SDP text, with every limit checked. */
export function boundedLines(text: string): string[] {
  if (text.length > SDP_BYTES_MAX) refuse('too-large', `an SDP has at most ${SDP_BYTES_MAX} bytes`);
  const lines = text.split(/\r\n|\r|\n/);
  let media = 0;
  for (const line of lines) {
    if (line.length > SDP_LINE_MAX) refuse('not-sdp', `a line has at most ${SDP_LINE_MAX} characters`);
    if (line.startsWith('m=') && ++media > SDP_MEDIA_MAX) {
      refuse('not-sdp', `an SDP has at most ${SDP_MEDIA_MAX} m-lines`);
    }
  }
  return lines;
}

/** The `candidate:` lines, without `a=`. */
export function candidateLines(lines: readonly string[]): string[] {
  const found = lines.filter(line => line.startsWith('a=candidate:')).map(line => line.slice(2).trimEnd());
  return found.slice(0, ICE_CANDIDATES_MAX);
}

/** RFC 8839 section 5.4: 4 to 256 and 22 to 256 characters of letters, digits, `+` and `/`; some agents also write `-` and `_`. */
export function checkIce(iceUfrag: unknown, icePwd: unknown): { iceUfrag: string; icePwd: string } {
  const ufrag = String(iceUfrag ?? '');
  const pwd = String(icePwd ?? '');
  if (!/^[\w+/=-]{4,256}$/.test(ufrag)) refuse('no-ice', 'a=ice-ufrag is missing or malformed');
  if (!/^[\w+/=-]{22,256}$/.test(pwd)) refuse('no-ice', 'a=ice-pwd is missing or malformed');
  return { iceUfrag: ufrag, icePwd: pwd };
}
