import { methods } from '#contract/api/index.ts';
import { handle } from '../handler.ts';

export const listTokens = handle(methods.listTokens, async ({ viewer, services }) => ({
  items: await services.accounts.listTokens(viewer),
  nextCursor: null,
}));
