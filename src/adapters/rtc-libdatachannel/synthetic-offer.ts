import type { RtcAnswerer, RtcRemote } from '#ports/rtc.ts';

/** The one m-line that libdatachannel is told about; every packet of the bundle arrives at its track. */
const ONLY_MID = '0';

export type Direction = 'recvonly' | 'sendonly';

/**
 * What libdatachannel is told that the other side offers, also where it answers: one video line, without `ssrc`, `rid` and candidates. It drops
 * SSRCs that its SDP does not attribute when there are several lines, and with candidates it starts checks and DTLS before
 * the browser has applied our answer, which costs a second. Where the other side leaves the choice, libdatachannel begins
 * the DTLS handshake: it is deaf to one until its own check came through, which it sends 50 ms after the browser's, and a
 * browser's first flight would be lost. `direction` is ours; the text carries its mirror.
 */
export function writeSyntheticOffer(remote: RtcRemote | RtcAnswerer, direction: Direction): string {
  const lines = [
    'v=0',
    'o=- 1 1 IN IP4 0.0.0.0',
    's=-',
    't=0 0',
    `a=group:BUNDLE ${ONLY_MID}`,
    `m=video 9 UDP/TLS/RTP/SAVPF 96`,
    'c=IN IP4 0.0.0.0',
    `a=mid:${ONLY_MID}`,
    `a=${direction === 'recvonly' ? 'sendonly' : 'recvonly'}`,
    `a=ice-ufrag:${remote.iceUfrag}`,
    `a=ice-pwd:${remote.icePwd}`,
    `a=fingerprint:${remote.fingerprint}`,
    `a=setup:${remote.setup}`,
    'a=rtcp-mux',
    `a=rtpmap:96 H264/90000`,
  ];
  return `${lines.join('\r\n')}\r\n`;
}
