import { methods } from '#contract/api/index.ts';
import { handle } from '../handler.ts';
import { presentAccount } from './present.ts';

export const getMe = handle(methods.getMe, async ({ viewer, services, headers, setCookies }) => {
  // The page asks this when it opens: its browser then keeps the cookie as long as the session is kept.
  setCookies(await services.accounts.renewedCookies(headers));
  return presentAccount(services, viewer, await services.accounts.byId(viewer.id));
});
