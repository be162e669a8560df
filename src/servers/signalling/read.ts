import { Refusal } from '#contract/errors.ts';
import { sdpRefusal } from '#contract/webrtc-http.ts';
import { parseIceFragment } from '#media/sdp/ice-fragment.ts';
import type { Offer } from '#media/sdp/offer.ts';
import { type OfferOptions, parseOffer } from '#media/sdp/parse-offer.ts';
import { MediaError } from '#media/unit.ts';

export function readOffer(text: string, options: OfferOptions): Offer {
  return refusing(
    () => parseOffer(text, options),
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
