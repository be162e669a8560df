import type { ClientFrame } from '#contract/socket/frames.ts';

/** A topic's name taken apart. */
export interface TopicName {
  readonly kind: 'user' | 'room';
  readonly id: string;
}

const TOPIC = /^(user|room):([\w-]{1,64})$/;

/** What a client sent, or null when it is not one of our frames. */
export function parseClientFrame(text: string): ClientFrame | null {
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null) return null;
  const { op, topic, after } = value as Record<string, unknown>;
  if (typeof topic !== 'string' || topic.length > 100) return null;
  if (op === 'leave') return { op, topic };
  if (op !== 'join') return null;
  if (after === undefined) return { op, topic };
  return Number.isSafeInteger(after) && (after as number) >= 0 ? { op, topic, after: after as number } : null;
}

export function parseTopic(name: string): TopicName | null {
  const match = TOPIC.exec(name);
  return match ? { kind: match[1] as TopicName['kind'], id: match[2]! } : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
