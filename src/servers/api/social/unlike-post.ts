import { methods } from '#contract/api/index.ts';
import { handle } from '../handler.ts';

export const unlikePost = handle(methods.unlikePost, async ({ params, viewer, services }) => {
  await services.social.posts.unlike(params.id, viewer.id);
  return undefined;
});
