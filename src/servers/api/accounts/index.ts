import type { AnyHandler } from '../handler.ts';
import { createAccount } from './create-account.ts';
import { createSocketTicket } from './create-socket-ticket.ts';
import { createToken } from './create-token.ts';
import { getAccount } from './get-account.ts';
import { getMe } from './get-me.ts';
import { listAccounts } from './list-accounts.ts';
import { signIn } from './sign-in.ts';
import { signOut } from './sign-out.ts';
import { updateAccount } from './update-account.ts';

export const accountHandlers: readonly AnyHandler[] = [
  createAccount,
  listAccounts,
  signIn,
  signOut,
  createToken,
  createSocketTicket,
  getMe,
  getAccount,
  updateAccount,
];
