import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';

/** How costly a hash is: 2^costLog2 rounds, blocks of 128 * blockSize bytes, so many times over (RFC 7914 section 2). */
export interface Cost {
  readonly costLog2: number;
  readonly blockSize: number;
  readonly repeats: number;
}

/** 32 MB and a quarter of a second; what OWASP's password storage cheat sheet names beside 2^17 with p=1. */
export const STRONG: Cost = { costLog2: 15, blockSize: 8, repeats: 3 };
/** What a hash may ask for; beyond it a text is not one of ours. */
const COST_LOG2_MAX = 17;
const KEY_BYTES = 64;
const HASH_LENGTH_MAX = 400;

/** In the PHC string format, salt and key in base64url. */
const PHC = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d)\$([\w-]{16,64})\$([\w-]{86})$/;
/** better-auth's: salt and key in hex; the salt's hex was the salt. */
const OLDER = /^([0-9a-f]{32}):([0-9a-f]{128})$/;
const OLDER_COST: Cost = { costLog2: 14, blockSize: 16, repeats: 1 };

export function hash(password: string, cost: Cost): string {
  const salt = randomBytes(16).toString('base64url');
  const key = keyOf(password, salt, cost).toString('base64url');
  return `${prefixOf(cost)}${salt}$${key}`;
}

export function verify(password: string, text: string): boolean {
  const parsed = parse(text);
  return parsed !== null && timingSafeEqual(keyOf(password, parsed.salt, parsed.cost), parsed.key);
}

export const isMadeWith = (text: string, cost: Cost): boolean => text.startsWith(prefixOf(cost));

const prefixOf = ({ costLog2, blockSize, repeats }: Cost) =>
  `$scrypt$ln=${costLog2},r=${blockSize},p=${repeats}$`;

function parse(text: string): { cost: Cost; salt: string; key: Buffer } | null {
  if (text.length > HASH_LENGTH_MAX) return null;
  const older = OLDER.exec(text);
  if (older) return { cost: OLDER_COST, salt: older[1]!, key: Buffer.from(older[2]!, 'hex') };
  const [, costLog2, blockSize, repeats, salt, key] = PHC.exec(text) ?? [];
  const cost = { costLog2: Number(costLog2), blockSize: Number(blockSize), repeats: Number(repeats) };
  if (!salt || !key || !(cost.costLog2 >= 1 && cost.costLog2 <= COST_LOG2_MAX)) return null;
  if (cost.blockSize < 1 || cost.repeats < 1) return null;
  return { cost, salt, key: Buffer.from(key, 'base64url') };
}

function keyOf(password: string, salt: string, { costLog2, blockSize, repeats }: Cost): Buffer {
  const N = 2 ** costLog2;
  const maxmem = 128 * N * blockSize + 128 * blockSize * repeats + 1024 * 1024;
  return scryptSync(password.normalize('NFKC'), salt, KEY_BYTES, { N, r: blockSize, p: repeats, maxmem });
}
