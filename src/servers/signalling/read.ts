import { Refusal } from '#contract/errors.ts';
import { sdpRefusal } from '#contract/webrtc-http.ts';
import { parseIceFragment } from '#media/sdp/ice-fragment.ts';
import { MEDIA_REASONS } from '#media/sdp/limits.ts';
import type { Answer, Offer } from '#media/sdp/offer.ts';
import { parseAnswer } from '#media/sdp/parse-answer.ts';
import { type OfferOptions, parseOffer } from '#media/sdp/parse-offer.ts';
import { MediaError } from '#media/unit.ts';

/** Null, if `counters`, for an offer that is refused for its media alone: we then make one ourselves. */
export function readOffer(text: string, options: OfferOptions, counters: boolean): Offer | null {
  try {
    return parseOffer(text, options);
  } catch (cause) {
    if (!(cause instanceof MediaError)) throw cause;
    if (counters && MEDIA_REASONS.has(cause.reason)) return null;
    throw sdpRefusal(cause.reason, cause.message);
  }
}

export function readAnswer(text: string): Answer {
  return refusing(
    () => parseAnswer(text),
    ({ reason, message }) => sdpRefusal(reason, message),
  );
}

export function readFragmentUfrag(text: string): string {
  return refusing(
    () => parseIceFragment(text).iceUfrag,
    ({ message }) => new Refusal('trickle-malformed', message),
  );
}

function refusing<T>(parse: () => T, refusal: (error: MediaError) => Refusal): T {
  try {
    return parse();
  } catch (cause) {
    if (cause instanceof MediaError) throw refusal(cause);
    throw cause;
  }
}
