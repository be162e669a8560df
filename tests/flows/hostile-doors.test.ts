import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { DOORS, type Door, type Targets } from '#tests/bench/hostile/attacks.ts';
import { findings } from '#tests/bench/hostile/findings.ts';
import { startHonest } from '#tests/bench/hostile/honest.ts';
import { type Load, startLoad } from '#tests/bench/load/start.ts';
import { BesiegedServer } from '#tests/support/besieged-server.ts';
import { endRtcLibrary } from '#tests/support/rtc-peer.ts';
import { until } from '#tests/support/until.ts';

/** Of each attack; the bench has a thousand. */
const CONNECTIONS = 60;
/** How often each honest person is served before the siege is over. */
const SERVED_MIN = 4;
/** What a broadcast that goes on and pages that are warm take meanwhile is in it. */
const RESIDENT_MB_MORE_MAX = 150;

/** One of each door at a time, so that each is besieged while the others are. */
const WAVES: readonly Readonly<Record<Door, string>>[] = [
  { http: 'sign-ins', hls: 'stored flood', whip: 'half-open', whep: 'half-open', socket: 'frame flood' },
  { http: 'drip', hls: 'waiting', whip: 'drip', whep: 'counter-offers', socket: 'rooms, unread' },
  { http: 'pipelined', hls: 'gzip and spaces', whip: 'huge offer', whep: 'half-open', socket: 'silent' },
];

describe('every door besieged at once, on a small scale', () => {
  let besieged: BesiegedServer;
  let targets: Targets;
  let folder: string;
  let attackers: Record<Door, Load>;
  let residentMb = 0;

  before(async () => {
    besieged = await BesiegedServer.start();
    targets = await targetsOf(besieged);
    folder = await mkdtemp(path.join(tmpdir(), 'skylark-doors-'));
    const file = path.join(folder, 'targets.json');
    await writeFile(file, JSON.stringify(targets));
    const start = (door: Door) => [door, startLoad('attacker.ts', `${besieged.port}`, file)] as const;
    attackers = Object.fromEntries(DOORS.map(start)) as Record<Door, Load>;
    await Promise.all(DOORS.map(door => attackers[door].nextLine()));
    residentMb = await besieged.server.residentMb();
  });
  after(async () => {
    await Promise.all(Object.values(attackers ?? {}).map(attacker => attacker.kill()));
    await besieged?.close();
    if (folder) await rm(folder, { recursive: true, force: true });
    endRtcLibrary();
  });

  /** The sum of a metric over its labels. */
  async function count(name: string): Promise<number> {
    const text = await (await besieged.request('/metrics')).text();
    const lines = text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\d+)`, 'gm'));
    return [...lines].reduce((sum, [, value]) => sum + Number(value), 0);
  }

  for (const wave of WAVES)
    it(`honest people are served by each: ${Object.values(wave).join(', ')}`, async () => {
      for (const door of DOORS) {
        const order = { door, name: wave[door], connections: CONNECTIONS, addresses: 4, msn: 1_000_000 };
        await attackers[door].ask(JSON.stringify(order));
      }
      const honest = DOORS.map(door => ({ door, person: startHonest(besieged.url, door, targets) }));
      await until(
        'everybody asked often enough',
        () => honest.every(({ person }) => person.asked >= SERVED_MIN),
        60_000,
      );
      for (const { door, person } of honest)
        assert.deepEqual((await person.stop()).refused, {}, `all who came by ${door} were served`);
      await besieged.assertUnharmed();
      for (const door of DOORS) {
        const came = JSON.parse(await attackers[door].ask('stop')) as { opened: number };
        assert.ok(came.opened > 0, `${door} was besieged: ${JSON.stringify(came)}`);
      }
    });

  it('afterwards every place is free again, and memory with it', async () => {
    await until('no viewer is left', async () => (await count('skylark_whep_sessions')) === 0, 30_000);
    // The broadcast's own, and that of the honest publisher, whose last offer never connects.
    await until('one publisher is left', async () => (await count('skylark_whip_sessions')) === 1, 30_000);
    await until('nobody waits', async () => (await count('skylark_hls_waiting_requests')) === 0);
    await until('no socket is left', async () => (await count('skylark_sockets')) === 0);
    await until('few connections are left', async () => (await count('skylark_connections')) < 20, 30_000);
    const more = (await besieged.server.residentMb()) - residentMb;
    assert.ok(more < RESIDENT_MB_MORE_MAX, `${more.toFixed()} MB more`);
    await besieged.assertUnharmed();
  });
});

/** Broadcasts of the attackers' own, and what anybody finds of the one that goes on. */
async function targetsOf(besieged: BesiegedServer): Promise<Targets> {
  const { id } = besieged.created;
  const own = [await besieged.create('Own'), await besieged.create('Honest')];
  const playlist = await (await besieged.request(`/hls/${id}/video/index.m3u8`)).text();
  const init = /#EXT-X-MAP:URI="([^"]+)"/.exec(playlist)?.[1];
  return { ...(await findings(besieged.url)), broadcastId: id, archived: [`/hls/${id}/video/${init}`], own };
}
