import { acceptAudio, acceptVideo } from './codecs.ts';
import { boundedLines, candidateLines, refuse } from './limits.ts';
import type { Offer, OfferRole } from './offer.ts';
import { bundledLines, parseSession, transportParameters } from './session.ts';

export interface OfferOptions {
  readonly role: OfferRole;
  /** `profile-level-id` of the stream that a viewer will get; the offered payload type of its profile is preferred. */
  readonly profileLevelId?: string;
  /** Whether a publisher may send several layers (`a=simulcast`). Without it, an offer of several comes to one. */
  readonly simulcast?: boolean;
}

/** Reads an offer and chooses from it. Throws `MediaError`; its `reason` is a `SdpReason`. */
export function parseOffer(text: string, options: OfferOptions): Offer {
  const lines = boundedLines(text);
  const session = parseSession(lines);
  if (session.media.length === 0) refuse('no-media', 'there is no m-line');
  const { video, audio, tagged } = bundledLines(session, options.role);
  const { setup, ...parameters } = transportParameters(session, tagged);
  if (setup !== 'actpass' && setup !== 'active') refuse('not-offer', 'a=setup must be actpass');
  return {
    role: options.role,
    remote: { ...parameters, setup },
    candidates: candidateLines(lines),
    video: acceptVideo(video, options.role, options.profileLevelId, options.simulcast),
    audio: acceptAudio(audio, options.role),
    media: session.media,
  };
}
