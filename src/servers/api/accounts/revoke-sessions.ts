import { methods } from '#contract/api/index.ts';
import { handle } from '../handler.ts';

export const revokeSessions = handle(methods.revokeSessions, async ({ viewer, services }) => {
  await services.accounts.revokeOtherSessions(viewer);
});
