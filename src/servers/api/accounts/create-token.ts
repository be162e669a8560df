import { methods } from '#contract/api/index.ts';
import { handle } from '../handler.ts';

export const createToken = handle(methods.createToken, ({ body, viewer, services }) =>
  services.accounts.createToken(viewer, body),
);
