import { methods } from '#contract/api/index.ts';
import { handle } from '../handler.ts';
import { presentAccount } from './present.ts';

export const updateAccount = handle(methods.updateAccount, async ({ params, body, viewer, services }) =>
  presentAccount(services, viewer, await services.accounts.update(viewer, params.handle, body)),
);
