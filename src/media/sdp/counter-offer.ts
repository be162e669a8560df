import type { MediaDescription } from 'sdp-transform';
import { type SendingSsrcs, writeAnswer } from './answer.ts';
import { ABS_SEND_TIME } from './codecs.ts';
import type { AcceptedFeedback, LocalParameters, OfferedTerms } from './offer.ts';

const ABS_SEND_TIME_ID = 1;
const extensions = { mid: null, transportCc: null, absSendTime: ABS_SEND_TIME_ID };
const silent: AcceptedFeedback = { nack: false, pli: false, transportCc: false, remb: false };

const line = (type: 'audio' | 'video', mid: string): MediaDescription => ({
  type,
  mid,
  port: 9,
  protocol: 'UDP/TLS/RTP/SAVPF',
  rtcpRsize: 'rtcp-rsize',
  ext: [{ value: ABS_SEND_TIME_ID, uri: ABS_SEND_TIME }],
  rtp: [],
  fmtp: [],
});

/** What we offer to a viewer: the terms of the offer that we would have liked. Constrained baseline is what every browser has. */
export const COUNTER_OFFER: OfferedTerms = {
  role: 'viewer',
  audio: {
    mid: '0',
    payloadType: 111,
    fmtp: 'minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1',
    extensions,
    feedback: silent,
  },
  video: {
    mid: '1',
    payloadType: 96,
    rtxPayloadType: 97,
    fmtp: 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
    profileLevelId: '42e01f',
    extensions,
    feedback: { nack: true, pli: true, transportCc: false, remb: true },
  },
  media: [line('audio', '0'), line('video', '1')],
  isGrouped: true,
};

/** An offer to a viewer whose own cannot be answered (draft-ietf-wish-whep-04, "Server Sends Counter-offer"). */
export function writeCounterOffer(local: LocalParameters, ssrcs: SendingSsrcs): string {
  return (
    writeAnswer(COUNTER_OFFER, local, ssrcs)
      // RFC 8445 section 6.1.1: who answers is to be the controlling side, as we wait for its checks.
      .replace('t=0 0\r\n', found => `${found}a=ice-lite\r\n`)
      // RFC 8858 section 3: there is no second port for RTCP to fall back to.
      .replaceAll('a=rtcp-mux\r\n', found => `${found}a=rtcp-mux-only\r\n`)
  );
}
