import { methods } from '#contract/api/index.ts';
import { handle } from '../handler.ts';

export const changePassword = handle(methods.changePassword, ({ body, viewer, client, services }) =>
  services.accounts.changePassword(viewer, body, client),
);
