/** How long an answer can be asked for again. */
export const ANSWER_LIFE_MS = 24 * 3600_000;
/** A request that was begun and has no answer after this time was given up: its process died. */
export const ANSWER_WORK_MS_MAX = 60_000;

/** What is known of a request when it comes: nothing, and now it is the caller's to answer; that somebody works on it; its answer. */
export type Begun =
  | { readonly state: 'new' }
  | { readonly state: 'working'; readonly fingerprint: string }
  | { readonly state: 'answered'; readonly fingerprint: string; readonly answer: string };

/**
 * Answers to requests that create, kept so that a request that is sent again gets the answer it lost. `key` names the request,
 * `fingerprint` what was in it; both are hashes, and the answer is sealed by the caller.
 */
export interface Answers {
  /** One of many that begin the same key at once is told `new`. */
  begin(key: string, fingerprint: string): Promise<Begun>;
  finish(key: string, answer: string): Promise<void>;
  /** Nothing came of it: the next one with this key is new. */
  giveUp(key: string): Promise<void>;
}
