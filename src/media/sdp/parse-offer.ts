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
  if (session.sections.length === 0) refuse('no-media', 'there is no m-line');
  const { video, audio, tagged, isGrouped } = bundledLines(session, options.role);
  // RFC 4145 section 4.1: without the attribute it is active.
  const { setup = 'active', ...parameters } = transportParameters(session, tagged);
  if (setup !== 'actpass' && setup !== 'active' && setup !== 'passive')
    refuse('not-offer', 'a=setup must be actpass, active or passive');
  return {
    role: options.role,
    remote: { ...parameters, setup },
    candidates: candidateLines(lines),
    video: acceptVideo(video, options.role, options.profileLevelId, options.simulcast),
    audio: audio && acceptAudio(audio, options.role),
    media: session.sections.map(({ media }) => media),
    isGrouped,
  };
}
