import { methods } from '#contract/api/index.ts';
import { handle } from '../handler.ts';

export const sendHearts = handle(methods.sendHearts, async ({ viewer, params, body, services }) => {
  await services.live.room.sendHearts(params.id, viewer.id, body.count, body.mediaTimeMs ?? null);
  return undefined;
});
