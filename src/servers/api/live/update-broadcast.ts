import { methods } from '#contract/api/index.ts';
import { handle } from '../handler.ts';

export const updateBroadcast = handle(methods.updateBroadcast, ({ viewer, params, body, services }) =>
  services.live.update(viewer.id, params.id, body),
);
