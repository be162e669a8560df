import { methods } from '#contract/api/index.ts';
import { handle } from '../handler.ts';

export const revokeSession = handle(methods.revokeSession, ({ params, viewer, services }) =>
  services.accounts.revokeSession(viewer, params.id),
);
