import type { AnyHandler } from '../handler.ts';
import { changePassword } from './change-password.ts';
import { createAccount } from './create-account.ts';
import { createSocketTicket } from './create-socket-ticket.ts';
import { createToken } from './create-token.ts';
import { getAccount } from './get-account.ts';
import { getMe } from './get-me.ts';
import { listAccounts } from './list-accounts.ts';
import { listSessions } from './list-sessions.ts';
import { listTokens } from './list-tokens.ts';
import { revokeSession } from './revoke-session.ts';
import { revokeSessions } from './revoke-sessions.ts';
import { revokeToken } from './revoke-token.ts';
import { signIn } from './sign-in.ts';
import { signOut } from './sign-out.ts';
import { updateAccount } from './update-account.ts';

export const accountHandlers: readonly AnyHandler[] = [
  createAccount,
  listAccounts,
  signIn,
  signOut,
  changePassword,
  listSessions,
  revokeSessions,
  revokeSession,
  createToken,
  listTokens,
  revokeToken,
  createSocketTicket,
  getMe,
  getAccount,
  updateAccount,
];
