import { methods } from '#contract/api/index.ts';
import { handle } from '../handler.ts';

export const getBroadcast = handle(methods.getBroadcast, ({ params, services }) =>
  services.live.get(params.id),
);
