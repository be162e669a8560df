import { openRtcPeer } from '#tests/support/rtc-peer.ts';
import type { Targets } from './attacks.ts';

/** What anybody finds: an asset that the first page names, and offers as browsers make them. */
export async function findings(
  url: string,
): Promise<Pick<Targets, 'asset' | 'publisherOffer' | 'viewerOffer'>> {
  const page = await (await fetch(url)).text();
  const [publisher, viewer] = await Promise.all([
    openRtcPeer({ direction: 'sendonly', kinds: ['audio', 'video'] }),
    openRtcPeer({ direction: 'recvonly', kinds: ['audio', 'video'] }),
  ]);
  publisher.close();
  viewer.close();
  const asset = /(?:src|href)="(\/assets\/[^"]+\.js)"/.exec(page)?.[1] ?? '/';
  return { asset, publisherOffer: publisher.offer, viewerOffer: viewer.offer };
}
