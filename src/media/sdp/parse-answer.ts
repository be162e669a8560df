import { acceptAudio, acceptVideo } from './codecs.ts';
import { COUNTER_OFFER } from './counter-offer.ts';
import { boundedLines, refuse } from './limits.ts';
import type { Answer } from './offer.ts';
import { bundledLines, parseSession, transportParameters } from './session.ts';

/**
 * Reads a viewer's answer to our counter-offer; its payload types are the ones to send with (RFC 3264 section 6.1). Throws
 * `MediaError`; its `reason` is a `SdpReason`.
 */
export function parseAnswer(text: string): Answer {
  const session = parseSession(boundedLines(text));
  const lines = session.sections.map(({ media }) => `${media.type} ${media.mid}`);
  if (lines.join() !== COUNTER_OFFER.media.map(media => `${media.type} ${media.mid}`).join())
    refuse('not-answer', 'an answer has the m-lines of the offer, in its order');
  const { video, audio, tagged } = bundledLines(session, 'viewer');
  const { setup, ...parameters } = transportParameters(session, tagged);
  if (setup !== 'active' && setup !== 'passive')
    refuse('not-answer', 'a=setup of an answer is active or passive');
  return {
    remote: { ...parameters, setup },
    video: acceptVideo(video, 'viewer'),
    audio: audio && acceptAudio(audio, 'viewer'),
  };
}
