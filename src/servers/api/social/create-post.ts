import { methods } from '#contract/api/index.ts';
import { handle } from '../handler.ts';

export const createPost = handle(methods.createPost, ({ body, viewer, services }) =>
  services.social.posts.create(viewer.id, body),
);
