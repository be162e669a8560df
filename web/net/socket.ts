import { CLOSE_REVOKED, type ClientFrame, type ServerFrame } from '#contract/socket/frames.ts';

/** Delay before the first try again; doubles up to the longest. */
const RETRY_FIRST_MS = 500;
const RETRY_LONGEST_MS = 20_000;
/** A connection that lasted this long was a good one: the next delay starts small again. */
const STEADY_MS = 10_000;

/** Service Restart: the server is back in a moment, so it is asked again and again for a while, before the waits grow. */
const CLOSED_FOR_RESTART = 1012;
const RESTART_RETRY_MS = 400;
const RESTART_TRIES = 25;

export type FrameHandler = (frame: ServerFrame) => void;

/** What a socket stands on, replaced in tests. */
export interface SocketDeps {
  readonly open: () => WebSocket;
  readonly random: () => number;
  readonly setTimeout: (run: () => void, ms: number) => unknown;
  readonly clearTimeout: (timer: never) => void;
  readonly now: () => number;
  /** Told when the session was revoked that the socket was opened with. */
  readonly revoked: () => void;
}

interface Topic {
  readonly handlers: Set<FrameHandler>;
  /** The last sequence number seen; what a reconnect passes as `after`. */
  seq: number | undefined;
}

/** One connection for the whole page; topics are joined and left on it, and joined again by sequence when it breaks. */
export interface Socket {
  /** Hears a topic's frames until the returned function is called. `after` asks for what came after that number. */
  join(topic: string, handler: FrameHandler, after?: number): () => void;
  /** Connects anew: at once after waking up, going online, or signing in or out. */
  reconnect(): void;
}

export function createSocket(deps: SocketDeps): Socket {
  const topics = new Map<string, Topic>();
  let connection: WebSocket | undefined;
  let timer: unknown;
  let failures = 0;
  let restartTries = 0;

  function connect(): void {
    deps.clearTimeout(timer as never);
    timer = undefined;
    if (connection || topics.size === 0) return;
    const opened = deps.open();
    connection = opened;
    let openedAt = Number.POSITIVE_INFINITY;
    opened.onopen = () => {
      openedAt = deps.now();
      restartTries = 0;
      for (const [name, topic] of topics) sendJoin(name, topic);
    };
    opened.onmessage = event => receive(event.data);
    opened.onclose = ({ code }) => {
      if (connection !== opened) return;
      connection = undefined;
      if (code === CLOSE_REVOKED) deps.revoked();
      if (deps.now() - openedAt >= STEADY_MS) failures = 0;
      if (code === CLOSED_FOR_RESTART) restartTries = RESTART_TRIES;
      retry();
    };
  }

  function retry(): void {
    if (topics.size === 0) return;
    const ceiling =
      restartTries-- > 0 ? RESTART_RETRY_MS : Math.min(RETRY_LONGEST_MS, RETRY_FIRST_MS * 2 ** failures++);
    // Full jitter: after a server's restart not everybody comes back in the same moment.
    timer = deps.setTimeout(connect, ceiling * (0.5 + deps.random() / 2));
  }

  function reconnect(): void {
    const old = connection;
    connection = undefined;
    failures = 0;
    old?.close();
    connect();
  }

  function send(frame: ClientFrame): void {
    if (connection?.readyState === 1) connection.send(JSON.stringify(frame));
  }

  function sendJoin(name: string, topic: Topic): void {
    send({ op: 'join', topic: name, ...(topic.seq === undefined ? {} : { after: topic.seq }) });
  }

  function receive(data: unknown): void {
    const frame = JSON.parse(String(data)) as ServerFrame;
    const topic = topics.get(frame.topic);
    if (!topic) return;
    // A frame that was on its way when we joined again may come twice.
    topic.seq = Math.max(topic.seq ?? 0, frame.seq);
    for (const handler of topic.handlers) handler(frame);
  }

  function join(name: string, handler: FrameHandler, after?: number): () => void {
    const known = topics.get(name);
    const topic = known ?? { handlers: new Set<FrameHandler>(), seq: after };
    topic.handlers.add(handler);
    if (!known) {
      topics.set(name, topic);
      if (connection) sendJoin(name, topic);
      else if (timer === undefined) connect();
    }
    return () => leave(name, topic, handler);
  }

  function leave(name: string, topic: Topic, handler: FrameHandler): void {
    topic.handlers.delete(handler);
    if (topic.handlers.size > 0 || topics.get(name) !== topic) return;
    topics.delete(name);
    send({ op: 'leave', topic: name });
  }

  return { join, reconnect };
}
