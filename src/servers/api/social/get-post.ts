import { methods } from '#contract/api/index.ts';
import { handle } from '../handler.ts';

export const getPost = handle(methods.getPost, ({ params, viewer, services }) =>
  services.social.posts.get(params.id, viewer?.id ?? null),
);
