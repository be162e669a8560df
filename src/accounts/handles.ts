import { Refusal } from '#contract/errors.ts';

/** Handles that would read as an address, a role or the house itself: `/@live` must never be a person. */
const RESERVED: ReadonlySet<string> = new Set(
  `about abuse account accounts admin administrator admins api app apps assets auth blog broadcast broadcasts
  compose contact dev docs email everyone explore favicon feed feeds followers following guest healthz help hls
  home host info internal invite invites jobs legal live login logout loops mail manifest me media messages
  metrics mod moderation moderator moderators new news none notifications null oauth official operator
  post posts postmaster press privacy profile readyz register replay replays root rtmp rules search security
  sessions settings share signin signout sign_in sign_out sign_up signup skylark socket staff static status
  studio support sw system team terms timeline timelines token tokens undefined user users watch webmaster
  webrtc whep whip www you`.split(/\s+/),
);

/** Refuses a reserved handle. Its shape is checked by the contract's schema. */
export function refuseReserved(handle: string): void {
  if (RESERVED.has(handle)) throw new Refusal('handle-reserved', `@${handle} is reserved.`);
}
