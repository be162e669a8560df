import { methods } from '#contract/api/index.ts';
import { handle } from '../handler.ts';

export const deleteComment = handle(methods.deleteComment, async ({ viewer, params, services }) => {
  await services.live.room.removeComment(params.id, params.commentId, viewer);
  return undefined;
});
