import { methods } from '#contract/api/index.ts';
import { handle } from '../handler.ts';
import { presentAccount } from './present.ts';

export const getAccount = handle(methods.getAccount, async ({ params, viewer, services }) =>
  presentAccount(services, viewer, await services.accounts.byHandle(params.handle)),
);
