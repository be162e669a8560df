import { methods } from '#contract/api/index.ts';
import { handle } from '../handler.ts';

export const listReplies = handle(methods.listReplies, ({ params, query, viewer, services }) =>
  services.social.posts.listReplies(params.id, query, viewer?.id ?? null),
);
