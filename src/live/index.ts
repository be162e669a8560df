import type { Clock } from '#base/clock.ts';
import { type AccountId, type BroadcastId, type Ids, isId } from '#base/ids.ts';
import type { Logger } from '#base/log.ts';
import type { CreatedBroadcast } from '#contract/api/broadcasts.ts';
import type { Broadcast } from '#contract/api/types.ts';
import { Refusal } from '#contract/errors.ts';
import type { Blobs } from '#ports/blobs.ts';
import type { Bus } from '#ports/bus.ts';
import { CREDENTIALS_REVOKED, type CredentialsRevoked } from '#ports/credentials.ts';
import type { Db, Migrations } from '#ports/db.ts';
import type { Directory } from '#ports/directory.ts';
import type { JobHandler, Jobs } from '#ports/jobs.ts';
import type { Journals } from '#ports/journals.ts';
import type { Placement } from '#ports/placement.ts';
import type { Transcoder } from '#ports/transcoder.ts';
import { Admission } from './broadcast/admission.ts';
import { createBroadcasts } from './broadcast/broadcasts.ts';
import type { Claim } from './broadcast/claims.ts';
import { isOver } from './broadcast/lifecycle.ts';
import { broadcastMigrations } from './broadcast/migrations.ts';
import type { AirCounts } from './broadcast/on-air.ts';
import { OnAirRegistry } from './broadcast/on-air-registry.ts';
import { createPresenter } from './broadcast/present.ts';
import { matchesPublishToken } from './broadcast/publish-token.ts';
import { removalJobs } from './broadcast/removal.ts';
import { type BroadcastRow, isRemoved } from './broadcast/store.ts';
import type { PartCut } from './packager/packager.ts';
import type { HlsSource } from './packager/source.ts';
import { createRecorder } from './recorder/recorder.ts';
import { roomMigrations } from './room/migrations.ts';
import { createRoom, type Room } from './room/room.ts';
import type { KeyframeInterval } from './stream/keyframe-intervals.ts';
import type { Publisher } from './stream/publisher.ts';
import type { Stream } from './stream/stream.ts';
import type { Viewer } from './viewer.ts';

export type { Claim } from './broadcast/claims.ts';
export type { AirCounts } from './broadcast/on-air.ts';
export type { PartCut } from './packager/packager.ts';
export type {
  HlsAnswer,
  HlsBody,
  HlsOutcome,
  HlsSource,
  PlaylistQuery,
  RenditionName,
  StoredBody,
} from './packager/source.ts';
export { Pending } from './packager/source.ts';
export type { CommentPage, NewComment } from './room/comments.ts';
export type { Room } from './room/room.ts';
export type { TrackPacket } from './stream/gop-cache.ts';
export type { KeyframeInterval } from './stream/keyframe-intervals.ts';
export type { NeverThere, Publisher, PublisherLeave } from './stream/publisher.ts';
export type { StreamReader } from './stream/reader.ts';
export { Stream } from './stream/stream.ts';

export interface LiveDeps {
  readonly db: Db;
  readonly jobs: Jobs;
  readonly bus: Bus;
  readonly blobs: Blobs;
  readonly journals: Journals;
  readonly placement: Placement;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly log: Logger;
  readonly directory: Directory;
  readonly transcoder: Transcoder;
  readonly config: {
    /** Origin of the addresses that are given out; null gives addresses relative to the page. */
    readonly publicUrl: string | null;
  };
  /** Told of every part of every broadcast, for the metrics. */
  readonly partCut?: PartCut;
  /** Told of the key frames of every broadcast, for the metrics. */
  readonly keyframeInterval?: KeyframeInterval;
}

export interface NewBroadcast {
  readonly title: string;
  /** Whether followers get the post in their home timeline; true unless said. */
  readonly announce?: boolean;
  /** The sign-in session or token that it is made with: when that is revoked, it ends. */
  readonly credentialId?: string;
}

/** The live domain's front door. Run its `migrations`, then `recover`, before anything else is asked of it. */
export interface Live {
  readonly migrations: Migrations;
  readonly jobHandlers: Readonly<Record<string, JobHandler>>;
  readonly room: Room;
  /** Broadcasts that somebody sends pictures to now. */
  readonly sending: number;
  /** Of all broadcasts since the start, for the metrics. */
  readonly counts: AirCounts;
  /** Refuses with `invalid-request`. */
  create(ownerId: AccountId, broadcast: NewBroadcast): Promise<CreatedBroadcast>;
  /** Refuses with `not-found`. */
  get(id: BroadcastId): Promise<Broadcast>;
  /** Refuses with `not-found`, `not-allowed`, `invalid-request`. */
  update(ownerId: AccountId, id: BroadcastId, change: { readonly title: string }): Promise<Broadcast>;
  /** Its owner, or the operator. Resolves when the replay is ready; ending again changes nothing. Refuses with `not-found`, `not-allowed`. */
  end(viewer: Viewer, id: BroadcastId): Promise<Broadcast>;
  /** What is live, newest first. Refuses with `invalid-cursor`. */
  listLive(cursor?: string, limit?: number): Promise<{ items: Broadcast[]; nextCursor: string | null }>;
  /**
   * Takes over from whoever publishes. Refuses with `not-found`, `wrong-publish-token`, `broadcast-over`, `taken-over`,
   * `already-publishing`, `unavailable`.
   */
  publish(id: BroadcastId, token: string, claim?: Claim): Promise<Publisher>;
  /** Refuses with `not-found`, `not-live`, `pictures-reordered`, `broadcast-over`, `elsewhere`. */
  watch(id: BroadcastId): Promise<Stream>;
  /** The packager while live, at once; the replay after; null when there is neither. Refuses with `elsewhere`. */
  hls(id: BroadcastId): HlsSource | null | Promise<HlsSource | null>;
  /** Interrupts what a crash left on the air and finishes what had ended, then looks for broadcasts that were never published. */
  recover(): Promise<void>;
  /** Interrupts what is on the air: publishers are let go, parts flushed, recordings on disk. Nothing can be published afterwards. Idempotent. */
  drain(): Promise<void>;
}

/** Who says nothing of itself. */
const anonymous: Claim = { client: '', session: '', after: null };

export function createLive(deps: LiveDeps): Live {
  const { directory, config } = deps;
  const broadcasts = createBroadcasts(deps);
  const recorder = createRecorder({ ...deps, mayOpen: id => onAir.refuseElsewhere(id) });
  const { room, hearts, presence } = createRoom({
    ...deps,
    broadcasts,
    troubles: id => onAir.find(id)?.troubles ?? [],
  });
  const onAir = new OnAirRegistry({ ...deps, broadcasts, recorder, flushRoom: () => hearts.flush() });
  const admission = new Admission(deps.clock, async id => !(await isRemoved(deps.db.sql, id)));
  const publicUrl = config.publicUrl ?? '';
  const presenter = createPresenter({
    directory,
    publicUrl,
    viewers: id => presence.viewers(id),
    hearts: row => hearts.total(row),
    isShownByWebrtc: id => onAir.find(id)?.isShownByWebrtc ?? false,
    troubles: id => onAir.find(id)?.troubles ?? [],
    hasSource: id => Boolean(onAir.find(id)?.source),
  });

  let drained: Promise<void> | null = null;

  async function owned(ownerId: AccountId, id: BroadcastId): Promise<BroadcastRow> {
    const row = await broadcasts.get(id);
    if (row.ownerId !== ownerId) throw new Refusal('not-allowed', 'This broadcast belongs to somebody else.');
    return row;
  }

  async function replay(id: BroadcastId): Promise<HlsSource | null> {
    return (await admission.admit(id)) ? recorder.openReplay(id) : null;
  }

  return {
    migrations: { ...broadcastMigrations, ...roomMigrations, ...recorder.migrations },
    jobHandlers: {
      ...removalJobs({ ...deps, recorder, onAir, admission }),
      [CREDENTIALS_REVOKED]: payload => onAir.revoked((payload as CredentialsRevoked).credentialIds),
    },
    room,
    get sending() {
      return onAir.sending;
    },
    get counts() {
      return onAir.counts;
    },
    async create(ownerId, { title, announce = true, credentialId }) {
      const { row, publishToken } = await broadcasts.create(ownerId, title, announce, credentialId);
      return { ...(await presenter.one(row)), whipUrl: `${publicUrl}/whip/${row.id}`, publishToken };
    },
    get: async id => presenter.one(await broadcasts.get(id)),
    async update(ownerId, id, { title }) {
      await owned(ownerId, id);
      return presenter.one(await broadcasts.rename(id, title));
    },
    async end(viewer, id) {
      const row = await broadcasts.get(id);
      if (row.ownerId !== viewer.id && viewer.role !== 'operator')
        throw new Refusal('not-allowed', 'This broadcast belongs to somebody else.');
      await onAir.end(row);
      return presenter.one(await broadcasts.get(id));
    },
    async listLive(cursor, limit) {
      const { rows, nextCursor } = await broadcasts.listLive(cursor, limit);
      return { items: await presenter.many(rows), nextCursor };
    },
    async publish(id, token, claim = anonymous) {
      const row = await broadcasts.get(id);
      if (!(await matchesPublishToken(token, row.publishTokenHash))) throw new Refusal('wrong-publish-token');
      return onAir.publish(row, claim);
    },
    async watch(id) {
      const row = await broadcasts.get(id);
      const air = onAir.find(id);
      if (air?.isShownByWebrtc) return air.stream;
      if (air?.isSending) throw new Refusal('pictures-reordered');
      if (!air && !isOver(row.state)) await onAir.refuseElsewhere(id);
      throw new Refusal(isOver(row.state) ? 'broadcast-over' : 'not-live');
    },
    hls(id) {
      const air = onAir.find(id);
      if (air) return air.source;
      return isId(id) ? replay(id) : null;
    },
    recover: () => onAir.recover(),
    drain() {
      drained ??= onAir.drain().then(() => hearts.close());
      return drained;
    },
  };
}
