import { boundedLines, candidateLines, checkIce } from './limits.ts';

/** What a trickle PATCH brings (RFC 8840; RFC 9725 section 4.3.2). */
export interface IceFragment {
  readonly iceUfrag: string;
  readonly icePwd: string;
  /** `a=candidate:` lines without the prefix `a=`. */
  readonly candidates: readonly string[];
  readonly endOfCandidates: boolean;
}

/** Reads `application/trickle-ice-sdpfrag`. Throws `MediaError` `too-large`, `not-sdp` or `no-ice`. */
export function parseIceFragment(text: string): IceFragment {
  const lines = boundedLines(text);
  return {
    ...checkIce(attribute(lines, 'a=ice-ufrag:'), attribute(lines, 'a=ice-pwd:')),
    candidates: candidateLines(lines),
    endOfCandidates: lines.some(line => line.trimEnd() === 'a=end-of-candidates'),
  };
}

/** The first one counts: all m-lines of a bundle share one transport. */
function attribute(lines: readonly string[], prefix: string): string | undefined {
  return lines
    .find(line => line.startsWith(prefix))
    ?.slice(prefix.length)
    .trim();
}
