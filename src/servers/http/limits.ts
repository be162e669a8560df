/** Connections of this process, where the system lets it have so many files. */
export const CONNECTIONS_MAX = 30_000;
/** From the first byte, or from its start, to the end of the head of its first request. */
export const HEAD_MS = 10_000;
/** What is sent has to be read within this time, and so much longer as it is large: nobody who watches reads more slowly. */
export const READ_MS = 20_000;
export const READ_BYTES_PER_S_MIN = 16 * 1024;
/** How often connections are looked at. */
export const SWEEP_MS = 1000;
/** Requests that may come ahead of the answer to the one before. Browsers send none, proxies hardly any. */
export const PIPELINED_MAX = 16;
/** Requests in work at once: as many as keep the readers of the database busy. */
export const IN_WORK_MAX = 12;
/** Time that beginning requests may take: once for what just came in, and once for what waits. */
export const TURN_MS = 2;
