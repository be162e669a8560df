import { methods } from '#contract/api/index.ts';
import { handle } from '../handler.ts';

/** `nextCursor` is the `after` of the next page. */
export const listComments = handle(methods.listComments, async ({ params, query, services }) => {
  const page = await services.live.room.commentsSince(params.id, query.after ?? 0, query.limit);
  return { items: page.comments, nextCursor: page.more ? String(page.lastSeq) : null };
});
