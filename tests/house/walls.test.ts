import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { filesBelow, read, root, violations } from './imports.ts';
import { walls } from './walls.ts';

const sources = [...filesBelow('src', /\.(tsx?|mjs)$/), ...filesBelow('web', /\.tsx?$/)];

describe('import walls', () => {
  it('every source file keeps to the walls of its room', () => {
    assert.ok(sources.length > 20, 'the scan found the sources');
    assert.deepEqual(
      sources.flatMap(file => violations(file, read(file))),
      [],
    );
  });

  it('no row stands for a room that is not there', () => {
    const rooms = new Set(sources.map(file => file.split('/').slice(0, -1).join('/')));
    const missing = Object.keys(walls).filter(
      room =>
        ![...rooms].some(folder =>
          (room === 'web' ? folder : `${folder}/`).startsWith(room === 'web' ? 'web' : `src/${room}/`),
        ),
    );
    assert.deepEqual(missing, []);
  });

  const deliberate: [string, string, string, RegExp][] = [
    [
      'a domain imports another domain',
      'src/social/posts/x.ts',
      "import { a } from '#live/index.ts';",
      /social may not import live/,
    ],
    [
      'a domain reads the machine clock',
      'src/live/room/x.ts',
      'const t = Date.now();',
      /live may not use Date\.now/,
    ],
    [
      'a domain takes chance from Math',
      'src/accounts/x.ts',
      'const r = Math.random();',
      /may not use Math\.random/,
    ],
    ['a domain sets a timer', 'src/live/x.ts', 'setTimeout(() => {}, 1);', /may not use setTimeout/],
    ['media imports node', 'src/media/rtp/x.ts', "import fs from 'node:fs';", /media may not import node:fs/],
    [
      'media imports the contract',
      'src/media/x.ts',
      "import { a } from '#contract/errors.ts';",
      /media may not import contract/,
    ],
    [
      'a server imports another server',
      'src/servers/whip/x.ts',
      "import { a } from '#servers/whep/index.ts';",
      /may not import servers\/whep/,
    ],
    [
      'a server imports an adapter',
      'src/servers/api/x.ts',
      "import { a } from '#adapters/db-sqlite/index.ts';",
      /may not import adapters/,
    ],
    [
      'a server enters a domain by the window',
      'src/servers/api/x.ts',
      "import { a } from '#live/room/store.ts';",
      /entered through index\.ts/,
    ],
    [
      'a room is reached by a relative path',
      'src/servers/api/x.ts',
      "import { a } from '../../live/index.ts';",
      /relative path/,
    ],
    [
      'an adapter imports a value from media',
      'src/adapters/rtc-libdatachannel/x.ts',
      "import { a } from '#media/unit.ts';",
      /only types/,
    ],
    ['a port imports a driver', 'src/ports/x.ts', "import pg from 'pg';", /may not import the package pg/],
    [
      'the web imports a domain',
      'web/pages/x.tsx',
      "const m = await import('#social/index.ts');",
      /web may not import social/,
    ],
    ['a room has no row', 'src/cellar/x.ts', '', /no row/],
    [
      'production code imports tests',
      'src/live/x.ts',
      "import { a } from '#tests/support/server.ts';",
      /may not import tests/,
    ],
  ];
  for (const [what, file, source, expected] of deliberate) {
    it(`is red when ${what}`, () => {
      assert.match(violations(file, source).join('\n'), expected);
    });
  }

  it('does not mistake a comment for code', () => {
    assert.deepEqual(violations('src/live/x.ts', '// Date.now() is not for us\n/* setTimeout(x) */\n'), []);
  });
});

describe('door signs', () => {
  it('every room has a README.md of at most 15 lines that names purpose, imports and front door', () => {
    for (const room of Object.keys(walls)) {
      const folder = room === 'web' ? 'web' : `src/${room}`;
      assert.ok(readdirSync(path.join(root, folder)).includes('README.md'), `${folder} has no README.md`);
      const sign = read(`${folder}/README.md`);
      assert.ok(sign.trimEnd().split('\n').length <= 15, `${folder}/README.md is longer than 15 lines`);
      assert.match(sign, /May import/i, `${folder}/README.md says what may be imported`);
      assert.match(sign, /Front door/i, `${folder}/README.md names its front door`);
    }
  });

  it('every folder of live and social has its sign too', () => {
    for (const domain of ['src/live', 'src/social']) {
      for (const entry of readdirSync(path.join(root, domain), { withFileTypes: true })) {
        if (!entry.isDirectory()) continue;
        assert.ok(
          readdirSync(path.join(root, domain, entry.name)).includes('README.md'),
          `${domain}/${entry.name} has no README.md`,
        );
      }
    }
  });
});
