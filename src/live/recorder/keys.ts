import type { BroadcastId } from '#base/ids.ts';
import { initName, segmentName } from '../packager/segment.ts';
import type { RenditionName } from '../packager/source.ts';

/** Where a broadcast's bytes are in the store of blobs. */
export const recordingPrefix = (broadcastId: BroadcastId): string => `recordings/${broadcastId}/`;

export const segmentKey = (broadcastId: BroadcastId, rendition: RenditionName, msn: number): string =>
  `${recordingPrefix(broadcastId)}${rendition}/${segmentName(msn)}`;

export const initKey = (broadcastId: BroadcastId, rendition: RenditionName, number: number): string =>
  `${recordingPrefix(broadcastId)}${rendition}/${initName(number)}`;
