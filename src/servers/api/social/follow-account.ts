import { methods } from '#contract/api/index.ts';
import { handle } from '../handler.ts';

export const followAccount = handle(methods.followAccount, async ({ params, viewer, services }) => {
  const followee = await services.accounts.byHandle(params.handle);
  await services.social.follow(viewer.id, followee.id);
  return undefined;
});
