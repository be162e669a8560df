import * as accounts from './accounts.ts';
import * as broadcasts from './broadcasts.ts';
import type { MethodShape } from './method.ts';
import * as posts from './posts.ts';

const { CreatedBroadcast: _schema, ...broadcastMethods } = broadcasts;

/** Every method of the API by its name. */
export const methods = { ...accounts, ...posts, ...broadcastMethods } as const satisfies Record<
  string,
  MethodShape
>;

export type Methods = typeof methods;
export type MethodName = keyof Methods;
