export { type ConnectionStats, Connections } from './connections.ts';
export {
  CONNECTIONS_MAX,
  HEAD_MS,
  IN_WORK_MAX,
  PIPELINED_MAX,
  READ_BYTES_PER_S_MIN,
  READ_MS,
  TURN_MS,
} from './limits.ts';
