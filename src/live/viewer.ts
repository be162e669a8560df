import type { AccountId } from '#base/ids.ts';

/** Who asks, as far as this room cares: the operator may do what owners may. */
export interface Viewer {
  readonly id: AccountId;
  readonly role: 'operator' | 'member';
}
