import type { Clock } from './clock.ts';
import type { Logger } from './log.ts';

/** A fault that repeats is told once in this time. */
export const REPEAT_MS = 60_000;
/** Kinds of fault that are remembered; more of them are told each time. */
const KINDS_MAX = 500;

interface Told {
  sinceMs: number;
  /** Since it was told last. */
  more: number;
}

/**
 * A log in which a fault that comes again and again has one line a minute, with `repeated`, how often it came since the
 * last one. Warnings and errors are one kind when their sentence and the message of their cause are the same.
 */
export function tellRepeatedOnce(log: Logger, clock: Clock): Logger {
  const kinds = new Map<string, Told>();
  const wrap = (inner: Logger): Logger => {
    const tell = (level: 'warn' | 'error') => (fields: object, message: string) => {
      const kind = kindOf(level, fields, message);
      const nowMs = clock.monotonicMs();
      const told = kinds.get(kind);
      if (told && nowMs - told.sinceMs < REPEAT_MS) {
        told.more++;
        return;
      }
      if (!told && kinds.size >= KINDS_MAX) forgetOld(kinds, nowMs);
      kinds.set(kind, { sinceMs: nowMs, more: 0 });
      inner[level](told && told.more > 0 ? { ...fields, repeated: told.more } : fields, message);
    };
    return {
      debug: (fields, message) => inner.debug(fields, message),
      info: (fields, message) => inner.info(fields, message),
      warn: tell('warn'),
      error: tell('error'),
      child: fields => wrap(inner.child(fields)),
    };
  };
  return wrap(log);
}

function kindOf(level: string, fields: object, message: string): string {
  const { err } = fields as { err?: unknown };
  const cause =
    err instanceof Error ? `${err.name} ${(err as { code?: unknown }).code ?? ''} ${err.message}` : '';
  return `${level} ${message.slice(0, 200)} ${cause.slice(0, 200)}`;
}

function forgetOld(kinds: Map<string, Told>, nowMs: number): void {
  for (const [kind, { sinceMs }] of kinds) if (nowMs - sinceMs >= REPEAT_MS) kinds.delete(kind);
  if (kinds.size >= KINDS_MAX) kinds.clear();
}
