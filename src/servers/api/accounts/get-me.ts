import { methods } from '#contract/api/index.ts';
import { handle } from '../handler.ts';
import { presentAccount } from './present.ts';

export const getMe = handle(methods.getMe, async ({ viewer, services }) =>
  presentAccount(services, viewer, await services.accounts.byId(viewer.id)),
);
