import ndc from 'node-datachannel';
import type { Logger } from '#base/log.ts';

/**
 * libdatachannel is one per process: its threads and its log callback keep the process alive until `cleanup`, which
 * closes everything of everybody. So the last one to leave cleans up.
 */
let users = 0;

/** What OpenSSL said of the last handshake that failed, whosever: libdatachannel names no connection. */
let lastHandshakeError: string | null = null;

export const handshakeError = (): string | null => lastHandshakeError;

export function enterLibrary(log: Logger): void {
  if (users++ > 0) return;
  ndc.initLogger('Error', (level, message) => {
    lastHandshakeError = /Handshake failed: (.{1,300})/.exec(message)?.[1] ?? lastHandshakeError;
    log.debug({ level, message }, 'libdatachannel');
  });
  ndc.preload();
}

export function leaveLibrary(): void {
  if (--users === 0) ndc.cleanup();
}
