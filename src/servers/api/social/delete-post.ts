import { methods } from '#contract/api/index.ts';
import { handle } from '../handler.ts';

export const deletePost = handle(methods.deletePost, async ({ params, viewer, services }) => {
  await services.social.posts.delete(params.id, viewer);
  return undefined;
});
