import { methods } from '#contract/api/index.ts';
import { handle } from '../handler.ts';

export const signOut = handle(methods.signOut, async ({ services, viewer, setCookies }) => {
  setCookies(await services.accounts.signOut(viewer));
});
