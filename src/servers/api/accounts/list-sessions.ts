import { methods } from '#contract/api/index.ts';
import { handle } from '../handler.ts';

export const listSessions = handle(methods.listSessions, async ({ viewer, services }) => ({
  items: await services.accounts.listSessions(viewer),
  nextCursor: null,
}));
