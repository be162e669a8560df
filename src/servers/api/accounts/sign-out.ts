import { methods } from '#contract/api/index.ts';
import { handle } from '../handler.ts';

export const signOut = handle(methods.signOut, async ({ services, headers, setCookies }) => {
  setCookies(await services.accounts.signOut(headers.cookie));
});
