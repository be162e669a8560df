import { methods } from '#contract/api/index.ts';
import { handle } from '../handler.ts';

export const getHomeTimeline = handle(methods.getHomeTimeline, ({ query, viewer, services }) =>
  services.social.timeline.home(viewer.id, query),
);
