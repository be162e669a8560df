import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openDiskBlobs } from '#adapters/blobs-disk/index.ts';
import { openSqlite } from '#adapters/db-sqlite/index.ts';
import { openDiskJournals } from '#adapters/journals-disk/index.ts';
import { createWebcodecsTranscoder } from '#adapters/transcoder-webcodecs/index.ts';
import { systemClock } from '#base/clock.ts';
import type { BroadcastId } from '#base/ids.ts';
import { silentLogger as log } from '#base/log.ts';
import type { HlsSource } from '#live/index.ts';
import { createPackager, type Packager } from '#live/packager/packager.ts';
import { createRecorder, type Recorder, type RunningRecording } from '#live/recorder/recorder.ts';
import type { Track } from '#media/track.ts';
import type { Db } from '#ports/db.ts';
import type { Transcoder } from '#ports/transcoder.ts';
import { createHlsHandler } from '#servers/hls/index.ts';
import { newSlices } from './slices.ts';
import { newTurns } from './turns.ts';

const id: BroadcastId = '01hzzzzzzzzzzzzzzzzzzzzzzz';
const scripts = createRequire(import.meta.url);

/** Packager and recorder behind a real HLS server, with a page that has the given players' scripts and one `<video>`. */
export class HlsRig {
  readonly packager: Packager;
  readonly #recorder: Recorder;
  readonly #recording: RunningRecording;
  readonly #server: Server;
  readonly #closers: readonly (() => Promise<unknown>)[];
  #source: HlsSource;

  static async open(
    tracks: readonly Track[],
    players: Readonly<Record<string, string>> = {},
  ): Promise<HlsRig> {
    const folder = await mkdtemp(path.join(tmpdir(), 'skylark-hls-'));
    const db = await openSqlite({ file: path.join(folder, 'db.sqlite'), log });
    const blobs = await openDiskBlobs({ directory: path.join(folder, 'blobs'), log });
    const journals = await openDiskJournals({ directory: path.join(folder, 'journals') });
    const recorder = createRecorder({ db, blobs, journals, clock: systemClock, log });
    await db.migrate(recorder.migrations);
    const transcoder = createWebcodecsTranscoder({ log });
    const rig = new HlsRig(recorder, transcoder, tracks, players, folder, db);
    await new Promise<void>(resolve => rig.#server.listen(0, '127.0.0.1', resolve));
    return rig;
  }

  private constructor(
    recorder: Recorder,
    transcoder: Transcoder,
    tracks: readonly Track[],
    players: Readonly<Record<string, string>>,
    folder: string,
    db: Db,
  ) {
    const epochMs = Date.now();
    this.#recorder = recorder;
    this.#recording = recorder.start(id, epochMs);
    const keyframeWanted = () => {};
    const recording = this.#recording;
    this.packager = createPackager({
      ...{ epochMs, tracks, clock: systemClock, log, transcoder, keyframeWanted, recording },
    });
    this.#source = this.packager.source;
    this.#server = serve(async () => this.#source, players);
    const removed = () => rm(folder, { recursive: true, force: true });
    this.#closers = [() => transcoder.close(), () => db.close(), removed];
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The multivariant playlist: of what is live, after `archive` of the replay. */
  get url(): string {
    return `${this.origin}/hls/${id}/index.m3u8`;
  }

  async archive(): Promise<void> {
    await this.packager.finish();
    await this.#recording.finish();
    this.#source = (await this.#recorder.openReplay(id))!;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    for (const close of this.#closers) await close();
  }
}

function serve(source: () => Promise<HlsSource>, players: Readonly<Record<string, string>>): Server {
  const hls = createHlsHandler({ source, log, slices: newSlices(), turns: newTurns() });
  const names = Object.keys(players);
  return createServer((request, response) => {
    const script = players[(request.url ?? '').slice(1)];
    if (request.url?.startsWith('/hls/')) hls(request, response);
    else if (script !== undefined) {
      response.setHeader('content-type', 'text/javascript');
      createReadStream(scripts.resolve(script)).pipe(response);
    } else {
      response.setHeader('content-type', 'text/html');
      const tags = names.map(name => `<script src=/${name}></script>`).join('');
      response.end(`${tags}<video autoplay muted playsinline></video>`);
    }
  });
}
