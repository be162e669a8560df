import { methods } from '#contract/api/index.ts';
import { handle } from '../handler.ts';

export const revokeToken = handle(methods.revokeToken, ({ params, viewer, services }) =>
  services.accounts.revokeToken(viewer, params.id),
);
