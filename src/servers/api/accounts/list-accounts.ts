import { methods } from '#contract/api/index.ts';
import { handle } from '../handler.ts';
import { presentAccounts } from './present.ts';

export const listAccounts = handle(methods.listAccounts, async ({ query, viewer, services }) => {
  const { items, nextCursor } = await services.accounts.list(query);
  return { items: await presentAccounts(services, viewer, items), nextCursor };
});
