import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Clock } from '#base/clock.ts';
import type { Slices } from '#base/slices.ts';
import type { Bus } from '#ports/bus.ts';
import type { JobHandler } from '#ports/jobs.ts';
import type { Rtc, RtcEvents } from '#ports/rtc.ts';
import type { LoopMeter } from './loop-meter.ts';

/** The doors through which work comes to the event loop, each saying what it is: rooms need not know that they are measured. */
export function createLabels(meter: LoopMeter) {
  const { enter } = meter;
  return {
    /** A timer works for whom it was set. */
    clock(clock: Clock): Clock {
      const labelled = (run: () => void) => {
        const work = meter.work ?? 'timer';
        return () => {
          enter(work);
          run();
        };
      };
      return {
        nowMs: clock.nowMs,
        monotonicMs: clock.monotonicMs,
        after: (delayMs, run) => clock.after(delayMs, labelled(run)),
        every: (periodMs, run) => clock.every(periodMs, labelled(run)),
      };
    },

    /** By the kind of topic. */
    bus(bus: Bus): Bus {
      return {
        ...bus,
        subscribe(topic, receive) {
          const work = `topic ${topic.split(':', 1)[0]}`;
          return bus.subscribe(topic, message => {
            enter(work);
            receive(message);
          });
        },
      };
    },

    /** Opening a connection is a millisecond in the library: a crowd's are opened in slices. */
    rtc(rtc: Rtc, slices: Slices): Rtc {
      const sliced = <T>(open: () => Promise<T>): Promise<T> =>
        new Promise((resolve, reject) =>
          slices.take('connections that open', () => void open().then(resolve, reject)),
        );
      const labelled = (direction: string, events: RtcEvents): RtcEvents => {
        const work = direction === 'recvonly' ? 'packets of publishers' : 'packets of viewers';
        return {
          packet(bytes) {
            enter(work);
            events.packet(bytes);
          },
          state(state, failure) {
            enter('connections of WebRTC');
            events.state(state, failure);
          },
        };
      };
      return {
        get openTransports() {
          return rtc.openTransports;
        },
        accept: (remote, direction, events) =>
          sliced(() => rtc.accept(remote, direction, labelled(direction, events))),
        offer: (direction, events) => rtc.offer(direction, labelled(direction, events)),
        close: () => rtc.close(),
      };
    },

    jobs(handlers: Readonly<Record<string, JobHandler>>): Record<string, JobHandler> {
      const labelled = ([kind, run]: [string, JobHandler]): [string, JobHandler] => [
        kind,
        payload => {
          enter(`job ${kind}`);
          return run(payload);
        },
      ];
      return Object.fromEntries(Object.entries(handlers).map(labelled));
    },

    listener(work: string, listen: (request: IncomingMessage, response: ServerResponse) => void) {
      return (request: IncomingMessage, response: ServerResponse): void => {
        enter(work);
        listen(request, response);
      };
    },

    /** By route; before the answer is written, too. To be called before routes are added. */
    routes(fastify: FastifyInstance): void {
      fastify.addHook('onRequest', (request, _reply, done) => {
        enter(`${request.method} ${request.routeOptions.url ?? '(no route)'}`);
        done();
      });
      fastify.addHook('preSerialization', (request, _reply, payload, done) => {
        enter(`answer of ${request.method} ${request.routeOptions.url}`);
        done(null, payload);
      });
    },
  };
}

export type Labels = ReturnType<typeof createLabels>;
