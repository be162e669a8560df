import type { ErrorCode } from './errors.ts';

/** What a person reads of a refusal: what happens, and what to do about it. */
export interface Words {
  readonly says: string;
  readonly todo: string;
}

/**
 * Where a person meets a code of the catalogue. `studio`: while going live. `player`: while watching. `form`: where something is filled in or
 * tapped, which shows the answer's own `detail` and `advice`. `nobody`: why no person ever meets it.
 */
export interface Meeting {
  readonly studio?: Words;
  readonly player?: Words;
  readonly form?: true;
  readonly nobody?: string;
}

const AGAIN = 'Try again in a few seconds.';
const RELOAD = 'Reload the page and try again.';
const words = (says: string, todo: string): Words => ({ says, todo });

/** What cannot be sent from here, known before the tap and said by the server after it. */
const NO_H264: Words = words(
  'This browser cannot send H.264 video, which everybody can watch.',
  'Go live with Chrome, Edge or Safari, or with an encoder such as OBS.',
);

export const meetings: Readonly<Record<ErrorCode, Meeting>> = {
  'invalid-request': {
    form: true,
    studio: words('The server did not understand what this page sent.', RELOAD),
    player: words('The server did not understand what this page asked.', RELOAD),
  },
  'invalid-cursor': { nobody: 'Pages pass on cursors as they got them.' },
  'invalid-sdp': {
    studio: words(
      'This browser offers video in a way that the server cannot take.',
      'Update the browser, or use another one.',
    ),
    player: words(
      'This browser asks for video in a way that the server cannot answer.',
      'Update the browser, or use another one.',
    ),
  },
  'sign-in-required': { form: true, studio: words('You are signed out.', 'Sign in again to go live.') },
  'wrong-credentials': { form: true },
  'wrong-publish-token': {
    studio: words('This page may no longer send to that broadcast.', 'End it, and go live again.'),
  },
  'not-allowed': {
    form: true,
    studio: words('This broadcast is not yours.', 'Go live with one of your own.'),
  },
  'not-found': {
    form: true,
    studio: words('That broadcast is not there any more.', 'Go live again.'),
    player: words(
      'That broadcast is not there any more.',
      'It may have been deleted. See what else is live.',
    ),
  },
  'method-not-allowed': { nobody: 'Pages use the methods of the contract.' },
  'no-common-codec': {
    studio: NO_H264,
    player: words('This browser cannot show H.264 video.', 'Watch with another browser.'),
  },
  'picture-missing': {
    studio: words('A broadcast needs a picture.', 'Turn a camera on, then go live.'),
  },
  'handle-taken': { form: true },
  'email-taken': { form: true },
  'already-publishing': {
    studio: words(
      'Another device sends this broadcast already.',
      'Stop it there, or take it over from here.',
    ),
  },
  'answer-missing': { nobody: 'Pages never send candidates before an answer.' },
  'answer-unexpected': { nobody: 'Pages answer an offer once.' },
  'broadcast-over': {
    studio: words('That broadcast has ended.', 'Go live again.'),
    player: words('The broadcast has ended.', 'Its replay is here as soon as it is saved.'),
  },
  'taken-over': {
    studio: words('Another device has taken this broadcast over.', 'Go on there, or take it back from here.'),
  },
  'etag-mismatch': { nobody: 'Pages send no candidates.' },
  'too-large': {
    form: true,
    studio: words(
      'The browser offers more than the server reads.',
      'Update the browser, or use another one.',
    ),
  },
  'address-too-long': { nobody: 'Pages make short addresses.' },
  'unsupported-media-type': { nobody: 'Pages send the types of the contract.' },
  'not-live': {
    form: true,
    player: words('Nothing is being sent yet.', 'The picture appears here when it starts.'),
  },
  'pictures-reordered': {
    player: words(
      'The encoder sends its pictures in an order that WebRTC cannot show.',
      'They come the reliable way instead, a few seconds later.',
    ),
  },
  'comments-closed': { form: true },
  'handle-reserved': { form: true },
  'password-weak': { form: true },
  'first-account-closed': { form: true },
  'scope-missing': { nobody: 'Pages are signed in by a session, which may do everything.' },
  'key-reused': { nobody: 'Pages make a new key for every new request.' },
  'still-working': { form: true, studio: words('The server still works on that.', AGAIN) },
  'trickle-malformed': { nobody: 'Pages send no candidates.' },
  'etag-required': { nobody: 'Pages send no candidates.' },
  'too-many-requests': {
    form: true,
    studio: words('Too much was tried from here in a short time.', 'Wait a minute, then try again.'),
    player: words('Too much was asked from here in a short time.', 'Wait a minute, then try again.'),
  },
  internal: {
    form: true,
    studio: words('Something broke on the server.', 'Try again; if it stays, tell whoever runs it.'),
    player: words('Something broke on the server.', 'Try again; if it stays, tell whoever runs it.'),
  },
  'storage-full': {
    form: true,
    studio: words(
      'The server’s disk is full, so nothing can be saved.',
      'Tell whoever runs it, and try again later.',
    ),
  },
  'at-capacity': {
    studio: words('The server has no room for another broadcast now.', 'Try again in a minute.'),
    player: words('The server has no room for another viewer now.', 'Try again in a minute.'),
  },
  busy: {
    form: true,
    studio: words('The server serves too many at once.', 'Try again in a minute.'),
    player: words('The server serves too many at once.', 'Try again in a minute.'),
  },
  'nothing-new': { nobody: 'The player asks again by itself, and shows that the broadcast was interrupted.' },
  elsewhere: {
    form: true,
    studio: words('Another server of this site has this broadcast.', AGAIN),
    player: words('Another server of this site has this broadcast.', AGAIN),
  },
  unavailable: {
    form: true,
    studio: words('The server is starting or stopping.', AGAIN),
    player: words('The server is starting or stopping.', AGAIN),
  },
};

/** The words for a code that a page was answered with; those of another program in between are none of ours. */
export function wordsFor(place: 'studio' | 'player', code: string | null): Words | null {
  const meeting = code !== null && Object.hasOwn(meetings, code) ? meetings[code as ErrorCode] : undefined;
  return meeting?.[place] ?? null;
}
