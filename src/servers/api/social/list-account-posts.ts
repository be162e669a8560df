import { methods } from '#contract/api/index.ts';
import { handle } from '../handler.ts';

export const listAccountPosts = handle(
  methods.listAccountPosts,
  async ({ params, query, viewer, services }) => {
    const author = await services.accounts.byHandle(params.handle);
    return services.social.posts.listByAuthor(author.id, query, viewer?.id ?? null);
  },
);
