import { methods } from '#contract/api/index.ts';
import { handle } from '../handler.ts';

export const createBroadcast = handle(methods.createBroadcast, ({ viewer, body, services }) =>
  services.live.create(viewer.id, { ...body, credentialId: viewer.credential.id }),
);
