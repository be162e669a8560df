import type { Clock } from '#base/clock.ts';
import type { Ids } from '#base/ids.ts';
import { checkedLine } from '#contract/checked-text.ts';
import { Refusal } from '#contract/errors.ts';
import { type Scope, usualScopes } from '#contract/scopes.ts';
import type { LastUse } from './last-use.ts';
import type { Revocations } from './revocations.ts';
import { hashToken, TOKEN_PREFIX } from './secrets.ts';
import type { Store } from './store.ts';
import type { TokenRow } from './store-tokens.ts';
import type { Viewer } from './types.ts';

/** Personal access tokens of one account. */
export const TOKENS_MAX = 100;
const TOKEN_NAME_MAX = 60;

export interface Token {
  readonly id: string;
  readonly name: string;
  readonly scopes: Scope[];
  /** RFC 3339, as all of these. */
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
}

export interface CreatedToken extends Token {
  /** Shown this once; only its hash is kept. */
  readonly token: string;
}

export interface TokenWish {
  readonly name: string;
  /** Everything but `account` unless said. */
  readonly scopes?: readonly Scope[];
  /** RFC 3339; null or absent: it has no end. */
  readonly expiresAt?: string | null;
}

interface Deps {
  readonly store: Store;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly lastUse: LastUse;
  readonly revocations: Revocations;
}

export function createTokens({ store, ids, clock, lastUse, revocations }: Deps) {
  const nowIso = () => new Date(clock.nowMs()).toISOString();

  async function createToken(viewer: Viewer, wish: TokenWish): Promise<CreatedToken> {
    const scopes = scopesOf(wish, viewer);
    const expiresAt = endOf(wish, viewer, clock.nowMs());
    if ((await store.tokens.count(viewer.id)) >= TOKENS_MAX)
      throw new Refusal('not-allowed', `An account has at most ${TOKENS_MAX} tokens: revoke one first.`);
    const token = TOKEN_PREFIX + ids.secret();
    const row: TokenRow = {
      id: ids.next(),
      name: checkedLine('name', wish.name, TOKEN_NAME_MAX),
      scopes: scopes.join(' '),
      created_at: nowIso(),
      expires_at: expiresAt,
      last_used_at: null,
    };
    await store.tokens.insert(viewer.id, row, await hashToken(token));
    return { ...tokenOf(row), token };
  }

  async function used(tokenHash: string): Promise<Viewer | null> {
    const row = await store.tokens.byHash(tokenHash, nowIso());
    if (!row) return null;
    const { token_id: id, scopes, expires_at: expiresAt, last_used_at, ...who } = row;
    lastUse.note(id, last_used_at, nowMs => store.tokens.noteUse(id, new Date(nowMs).toISOString()));
    return { ...who, credential: { id, kind: 'token', scopes: scopes.split(' ') as Scope[], expiresAt } };
  }

  const isGood = async (id: string): Promise<boolean> =>
    (await store.tokens.byId(id, nowIso())) !== undefined;

  const listTokens = async (viewer: Viewer): Promise<Token[]> =>
    (await store.tokens.list(viewer.id)).map(tokenOf);

  async function revokeToken(viewer: Viewer, id: string): Promise<void> {
    const count = await revocations.revoke(viewer.id, tx => store.tokens.delete(tx, viewer.id, id));
    if (count === 0) throw new Refusal('not-found', 'There is no such token; it may have been revoked.');
  }

  return { createToken, used, isGood, listTokens, revokeToken };
}

export type Tokens = ReturnType<typeof createTokens>;

/** A token makes none that may do more than itself. */
function scopesOf({ scopes = usualScopes }: TokenWish, { credential }: Viewer): readonly Scope[] {
  const missing = scopes.find(scope => !credential.scopes.includes(scope));
  if (missing) throw new Refusal('scope-missing', `This token lacks \`${missing}\` and cannot give it on.`);
  return [...new Set(scopes)];
}

/** Nor one that lasts longer. */
function endOf({ expiresAt = null }: TokenWish, { credential }: Viewer, nowMs: number): string | null {
  const endMs = expiresAt === null ? null : Date.parse(expiresAt);
  if (endMs !== null && !(endMs > nowMs))
    throw new Refusal('invalid-request', '`expiresAt` in the body must be in the future.');
  if (credential.expiresAt !== null && (endMs === null || endMs > Date.parse(credential.expiresAt)))
    throw new Refusal('not-allowed', `This token ends at ${credential.expiresAt}; so must what it makes.`);
  return endMs === null ? null : new Date(endMs).toISOString();
}

function tokenOf(row: TokenRow): Token {
  return {
    id: row.id,
    name: row.name,
    scopes: row.scopes.split(' ') as Scope[],
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    lastUsedAt: row.last_used_at,
  };
}
