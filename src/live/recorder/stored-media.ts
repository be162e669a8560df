import type { BroadcastId } from '#base/ids.ts';
import type { Logger } from '#base/log.ts';
import { Refusal } from '#contract/errors.ts';
import type { Blobs } from '#ports/blobs.ts';
import { type HlsAnswer, type HlsSource, mediaBody, Pending } from '../packager/source.ts';
import { initKey, segmentKey } from './keys.ts';

/** What can be had of a recording before it is a replay. */
export type StoredMedia = Pick<HlsSource, 'init' | 'segment'>;

export interface StoredMediaDeps {
  readonly blobs: Blobs;
  readonly log: Logger;
}

/** The bytes of a recording, read from the store of blobs when they are asked for. */
export function storedMedia(deps: StoredMediaDeps, broadcastId: BroadcastId): StoredMedia {
  return {
    init: (name, number) => storedBytes(deps, [initKey(broadcastId, name, number)]),
    segment: (name, msn) => storedBytes(deps, [segmentKey(broadcastId, name, msn)]),
  };
}

/** The bytes under these keys in a row; `not-found` when any is missing. */
export function storedBytes({ blobs, log }: StoredMediaDeps, keys: readonly string[]): HlsAnswer {
  const pending = new Pending();
  Promise.all(keys.map(key => blobs.get(key))).then(
    found => {
      const chunks = found.filter(bytes => bytes !== null);
      pending.settle(chunks.length === keys.length ? mediaBody(chunks) : notStored());
    },
    (cause: unknown) => {
      log.error({ err: cause, keys }, 'reading a recording failed');
      pending.settle(new Refusal('internal', 'The recording could not be read.'));
    },
  );
  return pending;
}

export function notStored(): Refusal {
  return new Refusal('not-found', 'This piece of the recording does not exist.');
}
