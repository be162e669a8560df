import type { Allowance } from '#base/token-bucket.ts';

/** Open sockets of this process. */
export const SOCKETS_MAX = 20_000;
/** Least time between two frames of one topic. */
export const TICK_MS = 100;
/** Events of one frame; what is more waits for the next tick. */
export const FRAME_EVENTS_MAX = 200;
/** Hints that wait for the next tick of one topic; beyond it the database is read instead. */
export const HINTS_MAX = 1000;
/** Events read at once for a socket that resumes. */
export const BACKFILL_PAGE = 200;
/** A tick that could not be read is tried again after this. */
export const RETRY_MS = 1000;
/** Bytes that may wait for a socket to read them; who is further behind is dropped. */
export const SOCKET_BACKLOG_BYTES_MAX = 1024 * 1024;
/** How often every socket is asked whether it is there; who did not answer by the next time is dropped. */
export const PING_MS = 30_000;
/** How long a socket may take to answer a close. */
export const CLOSE_MS = 2000;
/** The same when the server stops: the next one waits for this one's end. */
export const CLOSE_RESTART_MS = 250;
/** Frames of one client: joining 32 topics at once is fine. */
export const CLIENT_FRAMES: Allowance = { burst: 80, perSecond: 10 };
/** Frames that a client may get wrong before its socket is closed. */
export const BAD_FRAMES_MAX = 10;

/** Close codes: RFC 6455 section 7.4.1, and our own from 4000. */
/** Service Restart, of the registry at iana.org/assignments/websocket: come back soon. */
export const CLOSE_RESTART = 1012;
export const CLOSE_POLICY = 1008;
export const CLOSE_TOO_SLOW = 4001;
/** Sign-in sessions and tokens that were revoked while a socket was being opened with them. */
export const REVOKED_KEPT_MAX = 1000;
