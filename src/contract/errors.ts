/**
 * The closed catalogue of refusals. Each has an HTTP status, a title that never changes, and advice on what to do next.
 * `docs/errors.md` lists them; a test keeps the two equal.
 */
export const errors = {
  'invalid-request': {
    status: 400,
    title: 'The request does not fit its schema',
    advice: 'Correct the field that `detail` names.',
  },
  'invalid-cursor': {
    status: 400,
    title: 'The cursor is not one of ours',
    advice: 'Start again without a cursor.',
  },
  'invalid-sdp': {
    status: 400,
    title: 'The SDP is not usable',
    advice: 'Send a complete SDP with ICE and DTLS parameters and bundled media.',
  },
  'sign-in-required': {
    status: 401,
    title: 'Nobody is signed in',
    advice: 'Sign in, or send a personal access token as Bearer.',
  },
  'wrong-credentials': {
    status: 401,
    title: 'Handle or password is wrong',
    advice: 'Check both and try again.',
  },
  'wrong-publish-token': {
    status: 401,
    title: 'The publish token does not open this broadcast',
    advice: 'Use the token that creating the broadcast returned.',
  },
  'scope-missing': {
    status: 403,
    title: 'The token was not made for this',
    advice: 'Make a token with the scope that `detail` names.',
  },
  'first-account-closed': {
    status: 403,
    title: 'The first account of this server needs the link that its start printed',
    advice: 'Open the link in the log of the server, or ask whoever runs it.',
  },
  'not-allowed': { status: 403, title: 'This is not yours to do', advice: 'Ask the owner or the operator.' },
  'not-found': {
    status: 404,
    title: 'There is nothing here',
    advice: 'Check the address; it may have been deleted.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'This address does not take that method',
    advice: 'Use a method listed in `Allow`.',
  },
  'no-common-codec': {
    status: 406,
    title: 'The SDP lacks a codec that Skylark takes',
    advice: 'Offer, or answer with, H.264 video (packetization mode 1) and Opus audio.',
  },
  'picture-missing': {
    status: 406,
    title: 'A broadcast needs a picture',
    advice: 'Send video, too: sound alone cannot be broadcast.',
  },
  'handle-taken': { status: 409, title: 'That handle is taken', advice: 'Choose another handle.' },
  'email-taken': { status: 409, title: 'That address has an account already', advice: 'Sign in instead.' },
  'already-publishing': {
    status: 409,
    title: 'Somebody publishes this broadcast already',
    advice: 'Stop the other publisher first, or take over with `If-Match: *`.',
  },
  'answer-missing': {
    status: 409,
    title: 'The answer to our offer comes first',
    advice: 'Send the SDP answer by PATCH as `application/sdp`, then candidates.',
  },
  'answer-unexpected': {
    status: 409,
    title: 'This session awaits no SDP answer',
    advice: 'Answer a counter-offer once. To change anything else, start a new session.',
  },
  'broadcast-over': {
    status: 410,
    title: 'The broadcast has ended',
    advice: 'Watch the replay, or start another one.',
  },
  'taken-over': {
    status: 412,
    title: 'Another publisher took the broadcast over',
    advice: 'Ask the person; to take it back, offer again with `If-Match: *`.',
  },
  'etag-mismatch': {
    status: 412,
    title: 'The session has moved on',
    advice: 'Fetch the current ETag and try again.',
  },
  'too-large': {
    status: 413,
    title: 'That is larger than allowed',
    advice: 'Send less; `detail` names the limit.',
  },
  'address-too-long': {
    status: 414,
    title: 'The address is longer than allowed',
    advice: 'Leave out what is not needed of the query; `detail` names the limit.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'The content type is not one this address takes',
    advice: 'Send the content type that `detail` names.',
  },
  'not-live': {
    status: 409,
    title: 'Nothing is being sent yet',
    advice: 'Wait until the broadcast is live and try again.',
  },
  'pictures-reordered': {
    status: 409,
    title: 'The pictures come in an order that WebRTC cannot show',
    advice: 'Watch by HLS, whose address is in `Link`; who publishes should turn B-frames off.',
  },
  'comments-closed': {
    status: 409,
    title: 'The room takes no more comments',
    advice: 'Reply to the post instead.',
  },
  'password-weak': {
    status: 422,
    title: 'That password is too easy to guess',
    advice: 'Choose one that is not common and not your handle or address: three or four odd words do well.',
  },
  'key-reused': {
    status: 422,
    title: 'That Idempotency-Key was sent with another request',
    advice: 'Make a new key for every new request; send the same one only to repeat the same request.',
  },
  'still-working': {
    status: 409,
    title: 'The same request is still being worked on',
    advice: 'Send it again after the time in Retry-After.',
  },
  'handle-reserved': { status: 422, title: 'That handle is reserved', advice: 'Choose another handle.' },
  'trickle-malformed': {
    status: 422,
    title: 'The ICE fragment cannot be applied',
    advice: 'Send an SDP fragment (RFC 8840) of this session.',
  },
  'etag-required': {
    status: 428,
    title: 'If-Match is required',
    advice: "Send the session's ETag in If-Match.",
  },
  'too-many-requests': {
    status: 429,
    title: 'Too many requests',
    advice: 'Wait for the time in Retry-After.',
  },
  internal: {
    status: 500,
    title: 'Something broke on our side',
    advice: 'Try again; if it stays, tell the operator the time and the address.',
  },
  'storage-full': {
    status: 507,
    title: 'The server can save nothing now',
    advice: 'Nothing of this was saved. Tell the operator, keep what you wrote, and try again later.',
  },
  'at-capacity': {
    status: 503,
    title: 'The server has no room for another WebRTC connection',
    advice: 'Watch by HLS, whose address is in `Link`; to publish, wait for the time in Retry-After.',
  },
  busy: {
    status: 503,
    title: 'The server serves too many at once',
    advice: 'Wait for the time in Retry-After and try again.',
  },
  'nothing-new': {
    status: 503,
    title: 'Nothing new was published in time',
    advice: 'Ask again; the broadcast may have been interrupted.',
  },
  elsewhere: {
    status: 503,
    title: 'Another server of this installation has the broadcast',
    advice: 'Ask that server; `detail` names it. Behind a balancer, try again.',
  },
  unavailable: {
    status: 503,
    title: 'The server is starting or stopping',
    advice: 'Try again in a few seconds.',
  },
} as const satisfies Record<string, ErrorEntry>;

export interface ErrorEntry {
  readonly status: number;
  readonly title: string;
  readonly advice: string;
}

export type ErrorCode = keyof typeof errors;

/** What a domain throws when it says no. `servers` translates it once into problem+json (RFC 9457). */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: ErrorCode;
  /** Seconds for `Retry-After`, when waiting helps. */
  readonly retryAfterS: number | undefined;

  constructor(code: ErrorCode, detail?: string, retryAfterS?: number) {
    super(detail ?? errors[code].title);
    this.code = code;
    this.retryAfterS = retryAfterS;
  }
}

/** An RFC 9457 problem document. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly advice: string;
}

export function problemOf(refusal: Refusal): Problem {
  const entry = errors[refusal.code];
  return {
    type: `/api/docs#error-${refusal.code}`,
    title: entry.title,
    status: entry.status,
    code: refusal.code,
    detail: refusal.message,
    advice: entry.advice,
  };
}
