import type { Static, TObject, TSchema } from 'typebox';
import type { ErrorCode } from '#contract/errors.ts';
import type { Scope } from '#contract/scopes.ts';

export type Verb = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Whether a caller must be signed in: `optional` methods answer more to somebody they know. */
export type Auth = 'none' | 'optional' | 'required';

export interface MethodShape {
  /** The operationId of the OpenAPI document, and the name of the handler's file. */
  readonly name: string;
  readonly verb: Verb;
  /** With `{name}` for parameters. */
  readonly path: string;
  readonly summary: string;
  readonly auth: Auth;
  /** What a personal access token must be made for to call it; null where nobody is asked who they are. */
  readonly scope: Scope | null;
  /** Takes an `Idempotency-Key`: what is sent twice with one exists once. */
  readonly creates?: true;
  readonly params?: TObject;
  readonly query?: TObject;
  readonly body?: TObject;
  readonly status: 200 | 201 | 204;
  /** Absent for 204. */
  readonly reply?: TSchema;
  /** Refusals of its own, besides those that any method may give (`invalid-request`, `sign-in-required`, `too-many-requests`, ...). */
  readonly errors: readonly ErrorCode[];
}

/** Declares one method of the API, keeping its literal types. */
export function method<const M extends MethodShape>(shape: M): M {
  return shape;
}

type StaticOr<S, Otherwise> = S extends TSchema ? Static<S> : Otherwise;
type None = Record<string, never>;

export type ParamsOf<M extends MethodShape> = StaticOr<M['params'], None>;
export type QueryOf<M extends MethodShape> = StaticOr<M['query'], None>;
export type BodyOf<M extends MethodShape> = StaticOr<M['body'], undefined>;
export type ReplyOf<M extends MethodShape> = StaticOr<M['reply'], undefined>;
