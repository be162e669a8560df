import { Type } from 'typebox';
import { type Scope as ScopeName, scopes } from '#contract/scopes.ts';
import { method } from './method.ts';
import { Account, Handle, Id, ListOf, Nullable, Page, Time } from './types.ts';

const closed = { additionalProperties: false } as const;
const byHandle = Type.Object({ handle: Handle }, closed);
const DisplayName = Type.String({ minLength: 1, maxLength: 50 });
const Password = Type.String({ minLength: 8, maxLength: 128 });
const byId = Type.Object({ id: Id }, closed);
const TokenName = Type.String({ minLength: 1, maxLength: 60 });
const Scope = Type.Unsafe<ScopeName>(Type.Union(scopes.map(scope => Type.Literal(scope))));

/** A personal access token as its owner sees it; the token itself is shown once. */
const Token = Type.Object(
  {
    id: Id,
    name: Type.String(),
    scopes: Type.Array(Scope),
    createdAt: Time,
    expiresAt: Nullable(Time),
    lastUsedAt: Nullable(
      Type.String({ format: 'date-time', description: 'RFC 3339, exact to a few minutes; null when never' }),
    ),
  },
  closed,
);

/** A sign-in session as its owner sees it. */
const SignInSession = Type.Object(
  {
    id: Id,
    current: Type.Boolean({ description: 'Whether it is the one that asks' }),
    device: Type.String({ description: 'Browser and system, as far as the browser says' }),
    place: Nullable(Type.String({ description: 'The address that it was used from last' })),
    createdAt: Time,
    lastUsedAt: Type.String({ format: 'date-time', description: 'RFC 3339, exact to a few minutes' }),
    expiresAt: Type.String({ format: 'date-time', description: 'When it ends unless it is used' }),
  },
  closed,
);

export const createAccount = method({
  name: 'createAccount',
  verb: 'POST',
  path: '/api/v1/accounts',
  auth: 'none',
  scope: null,
  creates: true,
  status: 201,
  summary: 'Creates an account and signs it in; the first one is the operator',
  body: Type.Object(
    {
      handle: Handle,
      email: Type.String({ format: 'email', maxLength: 254 }),
      password: Password,
      displayName: Type.Optional(DisplayName),
      firstAccountCode: Type.Optional(
        Type.String({
          maxLength: 100,
          description:
            'From the link that the start of a server prints that is open to others; for the first account alone',
        }),
      ),
    },
    closed,
  ),
  reply: Account,
  errors: ['handle-taken', 'handle-reserved', 'email-taken', 'password-weak', 'first-account-closed'],
});

export const listAccounts = method({
  name: 'listAccounts',
  verb: 'GET',
  path: '/api/v1/accounts',
  auth: 'optional',
  scope: 'read',
  status: 200,
  summary: 'People here, newest first',
  query: Page,
  reply: ListOf(Account),
  errors: ['invalid-cursor'],
});

export const signIn = method({
  name: 'signIn',
  verb: 'POST',
  path: '/api/v1/sign-in',
  auth: 'none',
  scope: null,
  status: 200,
  summary: 'Signs in with handle or email',
  body: Type.Object(
    {
      login: Type.String({ minLength: 2, maxLength: 254 }),
      password: Type.String({ minLength: 1, maxLength: 128 }),
    },
    closed,
  ),
  reply: Account,
  errors: ['wrong-credentials'],
});

export const signOut = method({
  name: 'signOut',
  verb: 'POST',
  path: '/api/v1/sign-out',
  auth: 'optional',
  scope: 'read',
  status: 204,
  summary: 'Ends this sign-in session',
  errors: [],
});

export const createToken = method({
  name: 'createToken',
  verb: 'POST',
  path: '/api/v1/tokens',
  auth: 'required',
  scope: 'account',
  creates: true,
  status: 201,
  summary: 'Makes a personal access token, shown once',
  body: Type.Object(
    {
      name: TokenName,
      scopes: Type.Optional(
        Type.Array(Scope, {
          minItems: 1,
          maxItems: scopes.length,
          description: 'What it may be used for; everything but `account` unless said',
        }),
      ),
      expiresAt: Type.Optional(Nullable(Time)),
    },
    closed,
  ),
  reply: Type.Object({ ...Token.properties, token: Type.String() }, closed),
  errors: ['scope-missing'],
});

export const listTokens = method({
  name: 'listTokens',
  verb: 'GET',
  path: '/api/v1/tokens',
  auth: 'required',
  scope: 'account',
  status: 200,
  summary: "One's personal access tokens, newest first, all of them",
  reply: ListOf(Token),
  errors: [],
});

export const revokeToken = method({
  name: 'revokeToken',
  verb: 'DELETE',
  path: '/api/v1/tokens/{id}',
  auth: 'required',
  scope: 'account',
  status: 204,
  summary: 'Revokes a token: its sockets close and broadcasts that were made with it go off the air',
  params: byId,
  errors: ['not-found'],
});

export const listSessions = method({
  name: 'listSessions',
  verb: 'GET',
  path: '/api/v1/sessions',
  auth: 'required',
  scope: 'account',
  status: 200,
  summary: 'Where one is signed in, used last first, all of them',
  reply: ListOf(SignInSession),
  errors: [],
});

export const revokeSessions = method({
  name: 'revokeSessions',
  verb: 'DELETE',
  path: '/api/v1/sessions',
  auth: 'required',
  scope: 'account',
  status: 204,
  summary: 'Signs out everywhere but here',
  errors: [],
});

export const revokeSession = method({
  name: 'revokeSession',
  verb: 'DELETE',
  path: '/api/v1/sessions/{id}',
  auth: 'required',
  scope: 'account',
  status: 204,
  summary: 'Signs out there: its sockets close and broadcasts that were made there go off the air',
  params: byId,
  errors: ['not-found'],
});

export const changePassword = method({
  name: 'changePassword',
  verb: 'POST',
  path: '/api/v1/password',
  auth: 'required',
  scope: 'account',
  status: 204,
  summary: 'Changes the password and signs out everywhere but here; tokens stay',
  body: Type.Object({ current: Type.String({ minLength: 1, maxLength: 128 }), next: Password }, closed),
  errors: ['wrong-credentials', 'password-weak'],
});

export const createSocketTicket = method({
  name: 'createSocketTicket',
  verb: 'POST',
  path: '/api/v1/socket-tickets',
  auth: 'required',
  scope: 'read',
  status: 201,
  summary: 'Makes a ticket for `GET /socket?token=`, good once within a minute',
  reply: Type.Object({ token: Type.String(), expiresAt: Time }, closed),
  errors: [],
});

export const getMe = method({
  name: 'getMe',
  verb: 'GET',
  path: '/api/v1/me',
  auth: 'required',
  scope: 'read',
  status: 200,
  summary: 'The account that is signed in',
  reply: Account,
  errors: [],
});

export const getAccount = method({
  name: 'getAccount',
  verb: 'GET',
  path: '/api/v1/accounts/{handle}',
  auth: 'optional',
  scope: 'read',
  status: 200,
  summary: 'A profile',
  params: byHandle,
  reply: Account,
  errors: ['not-found'],
});

export const updateAccount = method({
  name: 'updateAccount',
  verb: 'PATCH',
  path: '/api/v1/accounts/{handle}',
  auth: 'required',
  scope: 'write',
  status: 200,
  summary: "Changes one's own profile",
  params: byHandle,
  body: Type.Object(
    { displayName: Type.Optional(DisplayName), bio: Type.Optional(Type.String({ maxLength: 300 })) },
    closed,
  ),
  reply: Account,
  errors: ['not-found', 'not-allowed'],
});

export const followAccount = method({
  name: 'followAccount',
  verb: 'PUT',
  path: '/api/v1/accounts/{handle}/follow',
  auth: 'required',
  scope: 'write',
  status: 204,
  summary: 'Follows',
  params: byHandle,
  errors: ['not-found', 'not-allowed'],
});

export const unfollowAccount = method({
  name: 'unfollowAccount',
  verb: 'DELETE',
  path: '/api/v1/accounts/{handle}/follow',
  auth: 'required',
  scope: 'write',
  status: 204,
  summary: 'Unfollows',
  params: byHandle,
  errors: ['not-found'],
});
