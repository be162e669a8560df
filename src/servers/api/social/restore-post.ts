import { methods } from '#contract/api/index.ts';
import { handle } from '../handler.ts';

export const restorePost = handle(methods.restorePost, ({ params, viewer, services }) =>
  services.social.posts.restore(params.id, viewer),
);
