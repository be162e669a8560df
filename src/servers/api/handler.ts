import type { Accounts, CallerHeaders, Client, Viewer } from '#accounts/index.ts';
import type { BodyOf, MethodShape, ParamsOf, QueryOf, ReplyOf } from '#contract/api/method.ts';
import type { Live } from '#live/index.ts';
import type { Social } from '#social/index.ts';

export type { Viewer } from '#accounts/index.ts';

/** What a handler may ask. Handlers do no business: they call one of these and shape its answer. */
export interface Services {
  readonly accounts: Accounts;
  readonly social: Social;
  readonly live: Live;
}

/** Who calls: certain where the method requires it, unknown where it does not ask. */
export type ViewerOf<M extends MethodShape> = M['auth'] extends 'required'
  ? Viewer
  : M['auth'] extends 'none'
    ? null
    : Viewer | null;

/** One call of a method, already checked against its schemas. */
export interface Call<M extends MethodShape> {
  readonly params: ParamsOf<M>;
  readonly query: QueryOf<M>;
  readonly body: BodyOf<M>;
  readonly viewer: ViewerOf<M>;
  readonly services: Services;
  /** The request's headers, for what only they carry (the sign-in cookie). */
  readonly headers: CallerHeaders;
  /** Whence the call comes. */
  readonly client: Client;
  /** Adds `Set-Cookie` lines to the reply. */
  readonly setCookies: (lines: readonly string[]) => void;
}

/** What a handler gives back: the reply, or nothing where there is none. */
export type Answer<M extends MethodShape> = M['status'] extends 204 ? Promise<void> : Promise<ReplyOf<M>>;

export interface Handler<M extends MethodShape> {
  readonly method: M;
  readonly run: (call: Call<M>) => Answer<M>;
}

/** A handler in a registry, whatever its method. */
export interface AnyHandler {
  readonly method: MethodShape;
  readonly run: (call: never) => Promise<unknown>;
}

/** Ties a method of the contract to the function that answers it. */
export function handle<M extends MethodShape>(method: M, run: (call: Call<M>) => Answer<M>): Handler<M> {
  return { method, run };
}
