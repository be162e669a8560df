import type { BroadcastId } from '#base/ids.ts';
import type { Logger } from '#base/log.ts';
import { Refusal } from '#contract/errors.ts';
import type { Blobs } from '#ports/blobs.ts';
import { type HlsAnswer, type HlsSource, Pending, type StoredBody } from '../packager/source.ts';
import { initKey, segmentKey } from './keys.ts';
import type { StoredBlocks } from './stored-blocks.ts';

/** What can be had of a recording before it is a replay. */
export type StoredMedia = Pick<HlsSource, 'init' | 'segment'>;

export interface StoredMediaDeps {
  readonly blobs: Blobs;
  readonly blocks: StoredBlocks;
  readonly log: Logger;
}

/** A blob and its size. */
export interface StoredPiece {
  readonly key: string;
  readonly length: number;
}

/** The bytes of a recording, read from the store of blobs when they are asked for. */
export function storedMedia(deps: StoredMediaDeps, broadcastId: BroadcastId): StoredMedia {
  return {
    init: (name, number) => storedBlob(deps, initKey(broadcastId, name, number)),
    segment: (name, msn) => storedBlob(deps, segmentKey(broadcastId, name, msn)),
  };
}

/** The blob under this key, whose size is asked of the store; `not-found` when there is none. */
export function storedBlob(deps: StoredMediaDeps, key: string): HlsAnswer {
  const pending = new Pending();
  deps.blobs.size(key).then(
    length => pending.settle(length === null ? notStored() : storedBody(deps, [{ key, length }])),
    (cause: unknown) => {
      deps.log.error({ err: cause, key }, 'reading a recording failed');
      pending.settle(new Refusal('internal', 'The recording could not be read.'));
    },
  );
  return pending;
}

/** These blobs in a row. Nothing is read before it is sent. */
export function storedBody({ blocks }: StoredMediaDeps, pieces: readonly StoredPiece[]): StoredBody {
  return {
    type: 'stored',
    length: pieces.reduce((sum, { length }) => sum + length, 0),
    async read(at, end) {
      let before = 0;
      for (const { key, length } of pieces) {
        const inside = at - before;
        if (inside < length) {
          const { start, bytes } = await blocks.read(key, inside);
          return bytes.subarray(inside - start, Math.min(length, end - before) - start);
        }
        before += length;
      }
      return new Uint8Array(0);
    },
  };
}

export function notStored(): Refusal {
  return new Refusal('not-found', 'This piece of the recording does not exist.');
}
