import { methods } from '#contract/api/index.ts';
import { handle } from '../handler.ts';
import { presentAccount } from './present.ts';

export const createAccount = handle(methods.createAccount, async ({ body, client, services, setCookies }) => {
  const { profile, cookies } = await services.accounts.register(body, client);
  setCookies(cookies);
  return presentAccount(services, profile, profile);
});
