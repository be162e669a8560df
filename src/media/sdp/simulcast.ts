import type { MediaDescription } from 'sdp-transform';
import { refuse } from './limits.ts';
import type { AcceptedSimulcast } from './offer.ts';

/** Layers of one video line. An offer of more is refused: an encoder that is told of fewer than it offered may stop. */
export const SIMULCAST_LAYERS_MAX = 4;

const RID = 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id';
const REPAIRED_RID = 'urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id';
/** RFC 8851 section 10 sets no length; a header extension of one byte's form carries 16. */
const RID_FORM = /^[\w-]{1,16}$/;

/** Takes every layer or none; null when there is nothing to take. Throws `MediaError` `too-many-layers`. */
export function acceptSimulcast(
  media: MediaDescription,
  extensionId: (media: MediaDescription, uri: string) => number | null,
): AcceptedSimulcast | null {
  const ridId = extensionId(media, RID);
  const rids = sentRids(media);
  if (ridId === null || rids.length === 0) return null;
  if (rids.length > SIMULCAST_LAYERS_MAX)
    refuse(
      'too-many-layers',
      `simulcast has at most ${SIMULCAST_LAYERS_MAX} layers, ${rids.length} are offered`,
    );
  if (new Set(rids).size !== rids.length || !rids.every(rid => RID_FORM.test(rid))) return null;
  return { rids, ridId, repairedRidId: extensionId(media, REPAIRED_RID) };
}

/** The lines of the answer that accept them (RFC 8853 section 5.3.2). */
export function simulcastLines(
  accepted: AcceptedSimulcast,
): Pick<MediaDescription, 'rids'> & Pick<MediaDescription, 'simulcast'> {
  return {
    rids: accepted.rids.map(id => ({ id, direction: 'recv' })),
    simulcast: { dir1: 'recv', list1: accepted.rids.join(';') },
  };
}

/** Of alternatives (`a,b`) the first counts; one that starts paused (`~a`) counts, too. */
function sentRids(media: MediaDescription): string[] {
  const { simulcast } = media;
  if (simulcast === undefined) return [];
  const list = simulcast.dir1 === 'send' ? simulcast.list1 : simulcast.dir2 === 'send' ? simulcast.list2 : '';
  const declared = new Set(media.rids?.filter(rid => rid.direction === 'send').map(rid => String(rid.id)));
  const rids = String(list ?? '')
    .split(';')
    .map(layer => layer.split(',')[0]!.trim().replace(/^~/, ''));
  if (!rids.every(rid => declared.has(rid))) return [];
  // OBS numbers its layers from the best down, and lists them in any order.
  return rids.every(rid => /^\d+$/.test(rid)) ? rids.sort((a, b) => Number(a) - Number(b)) : rids;
}
