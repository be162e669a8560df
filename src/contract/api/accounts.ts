import { Type } from 'typebox';
import { method } from './method.ts';
import { Account, Handle, ListOf, Page, Time } from './types.ts';

const closed = { additionalProperties: false } as const;
const byHandle = Type.Object({ handle: Handle }, closed);
const DisplayName = Type.String({ minLength: 1, maxLength: 50 });
const Password = Type.String({ minLength: 8, maxLength: 128 });

export const createAccount = method({
  name: 'createAccount',
  verb: 'POST',
  path: '/api/v1/accounts',
  auth: 'none',
  status: 201,
  summary: 'Creates an account and signs it in; the first one is the operator',
  body: Type.Object(
    {
      handle: Handle,
      email: Type.String({ format: 'email', maxLength: 254 }),
      password: Password,
      displayName: Type.Optional(DisplayName),
    },
    closed,
  ),
  reply: Account,
  errors: ['handle-taken', 'handle-reserved', 'email-taken'],
});

export const listAccounts = method({
  name: 'listAccounts',
  verb: 'GET',
  path: '/api/v1/accounts',
  auth: 'optional',
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
  status: 204,
  summary: 'Ends this sign-in session',
  errors: [],
});

export const createToken = method({
  name: 'createToken',
  verb: 'POST',
  path: '/api/v1/tokens',
  auth: 'required',
  status: 201,
  summary: 'Makes a personal access token, shown once',
  body: Type.Object({ name: Type.String({ minLength: 1, maxLength: 60 }) }, closed),
  reply: Type.Object(
    { id: Type.String(), name: Type.String(), token: Type.String(), createdAt: Time },
    closed,
  ),
  errors: [],
});

export const createSocketTicket = method({
  name: 'createSocketTicket',
  verb: 'POST',
  path: '/api/v1/socket-tickets',
  auth: 'required',
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
  status: 204,
  summary: 'Unfollows',
  params: byHandle,
  errors: ['not-found'],
});
