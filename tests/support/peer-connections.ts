import type { BrowserContext, Page } from 'playwright-core';

interface Kept {
  peerConnections: RTCPeerConnection[];
}

/** Keeps the connections that the pages of a context open where a test finds them. */
export async function keepPeerConnections(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const kept = window as unknown as Kept;
    kept.peerConnections = [];
    window.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        kept.peerConnections.push(this);
      }
    };
  });
}

/** Pictures that the page has sent so far, of its largest layer. */
export function countFramesSent(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const counts = [0];
    for (const connection of (window as unknown as Kept).peerConnections)
      for (const report of (await connection.getStats()).values())
        if (report.type === 'outbound-rtp' && report.kind === 'video') counts.push(report.framesSent ?? 0);
    return Math.max(...counts);
  });
}
