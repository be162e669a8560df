import { methods } from '#contract/api/index.ts';
import { handle } from '../handler.ts';

export const endBroadcast = handle(methods.endBroadcast, ({ viewer, params, services }) =>
  services.live.end(viewer, params.id),
);
