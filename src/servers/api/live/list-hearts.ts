import { methods } from '#contract/api/index.ts';
import { handle } from '../handler.ts';

export const listHearts = handle(methods.listHearts, ({ params, services }) =>
  services.live.room.hearts(params.id),
);
