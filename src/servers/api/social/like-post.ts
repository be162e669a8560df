import { methods } from '#contract/api/index.ts';
import { handle } from '../handler.ts';

export const likePost = handle(methods.likePost, async ({ params, viewer, services }) => {
  await services.social.posts.like(params.id, viewer.id);
  return undefined;
});
