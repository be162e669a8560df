import { methods } from '#contract/api/index.ts';
import { handle } from '../handler.ts';

export const unfollowAccount = handle(methods.unfollowAccount, async ({ params, viewer, services }) => {
  const followee = await services.accounts.byHandle(params.handle);
  await services.social.unfollow(viewer.id, followee.id);
  return undefined;
});
