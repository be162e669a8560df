/** Who may import whom, as data; `walls.test.ts` reads it. Rooms are named as in docs/ARCHITECTURE.md. */
export interface Wall {
  /** Rooms that this room may import, by exact name or with a trailing `/*`. */
  readonly rooms: readonly string[];
  /** Whether `node:` modules may be imported. */
  readonly node: boolean;
  /** Rooms of which only types may be imported. */
  readonly typesOnly?: readonly string[];
  /** Packages from npm; `*` is any. */
  readonly packages: readonly string[];
  /** Words that may not stand in the code: ambient time, chance and process state. */
  readonly forbidden?: readonly RegExp[];
}

const ambient: readonly RegExp[] = [
  /\bDate\.now\b/,
  /\bnew Date\(\s*\)/,
  /\bMath\.random\b/,
  /\b(setTimeout|setInterval|setImmediate)\s*\(/,
  /\bperformance\.now\b/,
  /\bprocess\.\w/,
  /\bBuffer\b/,
];

const domain = (packages: readonly string[], rooms: readonly string[] = []): Wall => ({
  rooms: ['base', 'contract', 'ports', ...rooms],
  node: false,
  packages,
  forbidden: ambient,
});

const server = (packages: readonly string[], rooms: readonly string[] = []): Wall => ({
  rooms: ['base', 'contract', 'media', 'ports', 'accounts', 'social', 'live', ...rooms],
  node: true,
  packages,
});

const adapter = (packages: readonly string[], rooms: readonly string[] = []): Wall => ({
  rooms: ['base', 'contract', 'media', 'ports', ...rooms],
  typesOnly: ['media', 'contract'],
  node: true,
  packages,
});

export const walls: Readonly<Record<string, Wall>> = {
  base: { rooms: [], node: false, packages: [] },
  disk: { rooms: ['base'], node: true, packages: [] },
  contract: { rooms: ['base'], node: false, packages: ['typebox'], forbidden: ambient },
  media: { rooms: ['base'], node: false, packages: ['sdp-transform'], forbidden: ambient },
  ports: { rooms: ['base', 'contract', 'media'], typesOnly: ['media'], node: false, packages: ['kysely'] },
  accounts: domain(['better-auth', '@better-auth/core', '@better-auth/kysely-adapter', 'kysely']),
  social: domain(['kysely']),
  live: domain(['kysely'], ['media']),
  'servers/api': server(['fastify', 'typebox']),
  'servers/web': server(['fastify']),
  'servers/signalling': server(['fastify']),
  'servers/whip': server(['fastify'], ['servers/signalling']),
  'servers/whep': server(['fastify'], ['servers/signalling']),
  'servers/http': server([]),
  'servers/hls': server([]),
  'servers/socket': server(['ws']),
  'adapters/db-sqlite': adapter(['kysely']),
  'adapters/db-postgres': adapter(['kysely', 'pg']),
  'adapters/blobs-disk': adapter([], ['disk']),
  'adapters/journals-disk': adapter([], ['disk']),
  'adapters/bus-local': adapter([]),
  'adapters/answers-db': adapter(['kysely']),
  'adapters/passwords-scrypt': adapter([]),
  'adapters/jobs-db': adapter(['kysely']),
  'adapters/placement-db': adapter(['kysely']),
  'adapters/rtc-libdatachannel': adapter(['node-datachannel']),
  'adapters/transcoder-webcodecs': adapter(['@napi-rs/webcodecs']),
  app: { rooms: ['*'], node: true, packages: ['fastify', 'kysely', 'pino', 'prom-client'] },
  web: {
    rooms: ['contract'],
    node: false,
    packages: ['preact', '@preact/signals', 'lucide-preact', 'hls.js', 'media-chrome'],
  },
};

/** Domains may be imported by servers only through these files. */
export const frontDoors: Readonly<Record<string, readonly string[]>> = {
  accounts: ['index.ts'],
  social: ['index.ts'],
  live: ['index.ts'],
};
