import { methods } from '#contract/api/index.ts';
import { handle } from '../handler.ts';

export const createSocketTicket = handle(methods.createSocketTicket, async ({ viewer, services }) => {
  const { token, expiresAtMs } = services.accounts.createSocketTicket(viewer);
  return { token, expiresAt: new Date(expiresAtMs).toISOString() };
});
