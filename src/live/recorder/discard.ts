import type { BroadcastId } from '#base/ids.ts';
import { recordingPrefix } from './keys.ts';
import type { RecordingDeps } from './recording.ts';
import { deleteRecording } from './store.ts';

/** Nothing of the recording is left. */
export async function discard(
  { write, blobs, journals }: RecordingDeps,
  broadcastId: BroadcastId,
): Promise<void> {
  await write(sql => deleteRecording(sql, broadcastId));
  for (const key of await journals.list(recordingPrefix(broadcastId).slice(0, -1)))
    await journals.delete(key);
  await blobs.deletePrefix(recordingPrefix(broadcastId));
}
