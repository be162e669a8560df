import type { MethodName, Methods } from '#contract/api/index.ts';
import type { BodyOf, ParamsOf, QueryOf, ReplyOf } from '#contract/api/method.ts';
import type { ErrorCode, Problem } from '#contract/errors.ts';
import { routes } from './routes.ts';

/** No answer within this time counts as unreachable. */
const ANSWER_WITHIN_MS = 20_000;

type Part<M, Key extends string, Value> = M extends { readonly [K in Key]: unknown }
  ? { readonly [K in Key]: Value }
  : unknown;

/** What a method takes: `params` and `body` where the contract has them, `query` always optional. */
export type Input<N extends MethodName> = Part<Methods[N], 'params', ParamsOf<Methods[N]>> &
  Part<Methods[N], 'body', BodyOf<Methods[N]>> &
  Partial<Part<Methods[N], 'query', QueryOf<Methods[N]>>> & {
    readonly signal?: AbortSignal;
    /** Lets the request outlive the page. */
    readonly keepalive?: boolean;
  };

export type Reply<N extends MethodName> = ReplyOf<Methods[N]>;

type Args<N extends MethodName> = Record<never, never> extends Input<N> ? [Input<N>?] : [Input<N>];

/** A refusal of the server, or `unreachable` when there was no answer. `message` is the sentence to show. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly code: ErrorCode | 'unreachable';
  /** 0 when there was no answer. */
  readonly status: number;
  /** What to do next, as a sentence. */
  readonly advice: string;

  constructor(problem: Pick<Problem, 'status' | 'detail' | 'advice'> & { code: ErrorCode | 'unreachable' }) {
    super(problem.detail);
    this.code = problem.code;
    this.status = problem.status;
    this.advice = problem.advice;
  }
}

let signedOut: () => void = () => {};

/** Sets what happens when the server no longer knows who we are. */
export function onSignInRequired(handler: () => void): void {
  signedOut = handler;
}

/**
 * Calls a method of the contract by its name: `await api('createPost', { body: { text } })`.
 * Throws ApiProblem, and nothing else but the caller's own AbortError.
 */
export async function api<N extends MethodName>(name: N, ...[input]: Args<N>): Promise<Reply<N>> {
  const wire = (input ?? {}) as Wire;
  const { verb, url } = addressOf(routes[name], wire);
  const response = name in creating ? await requestOnce(verb, url, wire) : await request(verb, url, wire);
  if (!response.ok) {
    const problem = await problemOf(response);
    if (problem.code === 'sign-in-required') signedOut();
    throw problem;
  }
  if (response.status === 204) return undefined as Reply<N>;
  return (await response.json()) as Reply<N>;
}

/** What creates something: sent again after a lost answer, it must not be there twice. Held equal to the contract by the compiler. */
const creating: {
  readonly [N in MethodName as Methods[N] extends { readonly creates: true } ? N : never]: true;
} = { createAccount: true, createToken: true, createPost: true, createBroadcast: true, createComment: true };

/** Requests whose answer was lost, and the keys they were sent with; whoever tries again sends the same one. */
const unanswered = new Map<string, string>();
const UNANSWERED_MAX = 50;

async function requestOnce(verb: string, url: string, input: Wire): Promise<Response> {
  const what = `${url} ${JSON.stringify(input.body)}`;
  const key = unanswered.get(what) ?? newKey();
  // Only who got no answer sends it again: two that are sent at once are two.
  unanswered.delete(what);
  try {
    const response = await request(verb, url, input, { 'idempotency-key': key });
    if (response.status >= 500) keepKey(what, key);
    return response;
  } catch (thrown) {
    keepKey(what, key);
    throw thrown;
  }
}

function keepKey(what: string, key: string): void {
  unanswered.set(what, key);
  if (unanswered.size > UNANSWERED_MAX) unanswered.delete(unanswered.keys().next().value!);
}

/** 128 random bits; `randomUUID` is not there on pages that came by plain HTTP. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), part => part.toString(36)).join('-');
}

interface Wire {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  readonly keepalive?: boolean;
}

/** Fills a route's parameters and adds the query. */
export function addressOf(route: string, input: Wire): { verb: string; url: string } {
  const [verb = 'GET', path = '/'] = route.split(' ');
  const filled = path.replace(/\{(\w+)\}/g, (_, key: string) =>
    encodeURIComponent(input.params?.[key] ?? ''),
  );
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(input.query ?? {}))
    if (value !== undefined) query.set(key, String(value));
  return { verb, url: query.size ? `${filled}?${query}` : filled };
}

async function request(
  verb: string,
  url: string,
  input: Wire,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const timeout = AbortSignal.timeout(ANSWER_WITHIN_MS);
  const init: RequestInit = {
    method: verb,
    signal: input.signal ? AbortSignal.any([input.signal, timeout]) : timeout,
    keepalive: input.keepalive ?? false,
    headers,
  };
  if (input.body !== undefined) {
    init.body = JSON.stringify(input.body);
    init.headers = { ...headers, 'content-type': 'application/json' };
  }
  try {
    return await fetch(url, init);
  } catch (cause) {
    if (input.signal?.aborted) throw cause;
    throw unreachable();
  }
}

function unreachable(): ApiProblem {
  const offline = typeof navigator !== 'undefined' && navigator.onLine === false;
  return new ApiProblem({
    code: 'unreachable',
    status: 0,
    detail: offline ? 'You are offline.' : 'The server cannot be reached.',
    advice: 'Check the connection and try again.',
  });
}

async function problemOf(response: Response): Promise<ApiProblem> {
  const body: unknown = await response.json().catch(() => null);
  if (body && typeof body === 'object' && 'code' in body) return new ApiProblem(body as Problem);
  // A proxy in between answered in its own words.
  return new ApiProblem({
    code: response.status >= 500 ? 'unavailable' : 'invalid-request',
    status: response.status,
    detail: 'The server gave an answer that makes no sense here.',
    advice: 'Try again in a moment.',
  });
}

/** The problem behind whatever was thrown, for showing it. */
export function problemFrom(thrown: unknown): ApiProblem {
  if (thrown instanceof ApiProblem) return thrown;
  console.error(thrown);
  return new ApiProblem({
    code: 'internal',
    status: 0,
    detail: 'Something went wrong here.',
    advice: 'Reload the page and try again.',
  });
}
