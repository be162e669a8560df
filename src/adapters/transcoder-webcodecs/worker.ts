import { parentPort } from 'node:worker_threads';
import { probeConfig } from './aac-run.ts';
import { CodecSession } from './codec-session.ts';
import type { FromWorker, ToWorker } from './messages.ts';

const port = parentPort!;
const sessions = new Map<number, CodecSession>();

function say(message: FromWorker): void {
  const transfer = 'data' in message ? [message.data.buffer as ArrayBuffer] : [];
  port.postMessage(message, transfer);
}

function fail(session: number, cause: unknown): void {
  sessions.get(session)?.close();
  sessions.delete(session);
  say({ kind: 'failed', session, message: cause instanceof Error ? cause.message : String(cause) });
}

async function open(session: number, channels: number): Promise<void> {
  const config = await probeConfig(channels);
  const events = {
    frame: (pts: number, data: Uint8Array) => say({ kind: 'unit', session, pts, data }),
    failed: (cause: Error) => fail(session, cause),
  };
  sessions.set(session, new CodecSession(channels, events));
  say({ kind: 'opened', session, config });
}

async function receive(message: ToWorker): Promise<void> {
  const { kind, session } = message;
  if (kind === 'open') return open(session, message.channels);
  const codec = sessions.get(session);
  if (kind === 'push') {
    say({ kind: 'taken', session });
    codec?.push(message.pts, message.data);
  } else if (kind === 'flush') {
    await codec?.flush();
    say({ kind: 'flushed', session });
  } else {
    codec?.close();
    sessions.delete(session);
  }
}

port.on('message', (message: ToWorker) => {
  receive(message).catch(cause => fail(message.session, cause));
});
