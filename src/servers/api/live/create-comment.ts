import { methods } from '#contract/api/index.ts';
import { handle } from '../handler.ts';

export const createComment = handle(methods.createComment, ({ viewer, params, body, services }) =>
  services.live.room.addComment(params.id, viewer.id, {
    text: body.text,
    mediaTimeMs: body.mediaTimeMs ?? null,
  }),
);
