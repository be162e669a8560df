import type { MediaDescription } from 'sdp-transform';
import { refuse } from './limits.ts';
import type {
  AcceptedAudio,
  AcceptedExtensions,
  AcceptedFeedback,
  AcceptedVideo,
  OfferRole,
} from './offer.ts';
import { parameter, readParameterSets, withoutParameterSets } from './parameter-sets.ts';
import { acceptSimulcast } from './simulcast.ts';

/** Of an m-line; empty for one that has none. */
export const midOf = (media: MediaDescription): string => String(media.mid ?? '');

const MID = 'urn:ietf:params:rtp-hdrext:sdes:mid';
const TRANSPORT_CC = 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01';
export const ABS_SEND_TIME = 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time';
/** `a=fmtp` lines of one payload type that are read. */
const FORMAT_LINES_MAX = 8;
/** Of an m-line; there are as many payload types. */
const CODECS_MAX = 128;
/** What RFC 6184 section 8.1 infers when `profile-level-id` is absent. */
const PROFILE_DEFAULT = '42000a';

/** Chooses H.264 with packetization-mode 1 and its RTX. Throws `MediaError` `no-h264`. */
export function acceptVideo(
  media: MediaDescription,
  role: OfferRole,
  wantedProfile?: string,
  layered = false,
): AcceptedVideo {
  const candidates = codecsOf(media)
    .filter(codec => String(codec.codec).toLowerCase() === 'h264' && isPayloadType(codec.payload))
    .map(codec => h264(media, codec.payload))
    .filter(codec => codec.packetizationMode === '1');
  const best = candidates.sort((a, b) => rank(a, wantedProfile) - rank(b, wantedProfile))[0];
  if (best === undefined) refuse('no-h264', 'video must offer H.264 with packetization-mode=1');
  const { payloadType, fmtp, profileLevelId } = best;
  const simulcast = layered && role === 'publisher' ? acceptSimulcast(media, extensionId) : null;
  // They are of one encoding.
  const sets = simulcast === null && role === 'publisher' ? readParameterSets(fmtp) : [];
  return {
    mid: midOf(media),
    payloadType,
    rtxPayloadType: rtxFor(media, payloadType),
    fmtp: withoutParameterSets(fmtp),
    profileLevelId,
    ...(simulcast === null ? {} : { simulcast }),
    ...(sets.length === 0 ? {} : { parameterSets: sets }),
    ...accepted(media, payloadType, role),
  };
}

/** Chooses Opus. Throws `MediaError` `no-opus`. */
export function acceptAudio(media: MediaDescription, role: OfferRole): AcceptedAudio {
  const codec = codecsOf(media).find(
    candidate =>
      String(candidate.codec).toLowerCase() === 'opus' &&
      candidate.rate === 48000 &&
      isPayloadType(candidate.payload),
  );
  if (codec === undefined) refuse('no-opus', 'audio must offer Opus');
  const fmtp = configOf(media, codec.payload);
  return {
    mid: midOf(media),
    payloadType: codec.payload,
    fmtp,
    ...accepted(media, codec.payload, role),
  };
}

const codecsOf = (media: MediaDescription): MediaDescription['rtp'] => media.rtp.slice(0, CODECS_MAX);

interface H264Candidate {
  readonly payloadType: number;
  readonly fmtp: string;
  readonly packetizationMode: string;
  readonly profileLevelId: string;
}

function h264(media: MediaDescription, payloadType: number): H264Candidate {
  const fmtp = configOf(media, payloadType);
  const profile = parameter(fmtp, 'profile-level-id').toLowerCase();
  return {
    payloadType,
    fmtp,
    packetizationMode: parameter(fmtp, 'packetization-mode'),
    profileLevelId: /^[0-9a-f]{6}$/.test(profile) ? profile : PROFILE_DEFAULT,
  };
}

/** The stream's own profile, then constrained baseline, then baseline, then the offer's order (the sort is stable). */
function rank(candidate: H264Candidate, wantedProfile: string | undefined): number {
  const profile = candidate.profileLevelId;
  if (wantedProfile !== undefined && profile.slice(0, 4) === wantedProfile.slice(0, 4)) return 0;
  if (wantedProfile !== undefined && profile.slice(0, 2) === wantedProfile.slice(0, 2)) return 1;
  if (profile.startsWith('42e0')) return 2;
  return profile.startsWith('42') ? 3 : 4;
}

/** RFC 4588 section 8.6: `apt` names the payload type that is retransmitted. */
function rtxFor(media: MediaDescription, payloadType: number): number | null {
  const found = codecsOf(media).find(
    codec =>
      String(codec.codec).toLowerCase() === 'rtx' &&
      isPayloadType(codec.payload) &&
      parameter(configOf(media, codec.payload), 'apt') === String(payloadType),
  );
  return found?.payload ?? null;
}

function accepted(
  media: MediaDescription,
  payloadType: number,
  role: OfferRole,
): { extensions: AcceptedExtensions; feedback: AcceptedFeedback } {
  const offers = (type: string, subtype?: string): boolean =>
    media.rtcpFb?.some(
      line =>
        (line.payload === '*' || line.payload === payloadType) &&
        line.type === type &&
        line.subtype === subtype,
    ) ?? false;
  // Viewers report REMB, one number a second to read, rather than an arrival time for every packet of each of them.
  const absSendTime = role === 'viewer' ? extensionId(media, ABS_SEND_TIME) : null;
  const remb = absSendTime !== null && offers('goog-remb');
  const transportCcId = role === 'publisher' ? extensionId(media, TRANSPORT_CC) : null;
  const transportCc = transportCcId !== null && offers('transport-cc');
  return {
    extensions: {
      mid: role === 'publisher' ? extensionId(media, MID) : null,
      transportCc: transportCc ? transportCcId : null,
      absSendTime,
    },
    feedback: { nack: offers('nack'), pli: offers('nack', 'pli'), transportCc, remb },
  };
}

/** Ids above 14 need the two-byte form, which nobody offers for these. */
function extensionId(media: MediaDescription, uri: string): number | null {
  const found = media.ext?.find(extension => extension.uri === uri && extension['encrypt-uri'] === undefined);
  return found !== undefined && found.value >= 1 && found.value <= 14 ? found.value : null;
}

/** Some encoders write a line for each parameter. */
function configOf(media: MediaDescription, payloadType: number): string {
  const lines = media.fmtp.filter(format => format.payload === payloadType).slice(0, FORMAT_LINES_MAX);
  return lines.map(format => String(format.config)).join(';');
}

/** 64 to 95 would be taken for RTCP (RFC 5761 section 4). */
function isPayloadType(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 127 && !(value >= 64 && value <= 95);
}
