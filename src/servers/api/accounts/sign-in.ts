import { methods } from '#contract/api/index.ts';
import { handle } from '../handler.ts';
import { presentAccount } from './present.ts';

export const signIn = handle(methods.signIn, async ({ body, client, services, setCookies }) => {
  const { profile, cookies } = await services.accounts.signIn(body.login, body.password, client);
  setCookies(cookies);
  return presentAccount(services, profile, profile);
});
