import { methods } from '#contract/api/index.ts';
import { handle } from '../handler.ts';

export const getLiveTimeline = handle(methods.getLiveTimeline, ({ query, services }) =>
  services.live.listLive(query.cursor, query.limit),
);
