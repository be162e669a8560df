import { type Static, type TSchema, Type } from 'typebox';
import {
  COMMENT_GRAPHEMES_MAX,
  POST_GRAPHEMES_MAX,
  TITLE_GRAPHEMES_MAX,
  UNITS_PER_GRAPHEME_MAX,
} from '#contract/text.ts';

const closed = { additionalProperties: false } as const;

export const HANDLE_PATTERN = '^[a-z0-9_]{2,30}$';
/** Hearts of one viewer that count in one broadcast. */
export const HEARTS_PER_VIEWER_MAX = 500;
/** Length of a page of a list, unless the caller asks for fewer. */
export const PAGE_DEFAULT = 30;
export const PAGE_MAX = 100;

/** UTF-16 units, a coarse bound in the schema; graphemes are counted by the domain (`#contract/text.ts`). */
const textOf = (graphemesMax: number) =>
  Type.String({ minLength: 1, maxLength: graphemesMax * UNITS_PER_GRAPHEME_MAX });

export const Id = Type.String({
  minLength: 1,
  maxLength: 64,
  description: 'An opaque id that sorts by time',
});
export const Time = Type.String({ format: 'date-time', description: 'RFC 3339' });
export const Handle = Type.String({ pattern: HANDLE_PATTERN });
export const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
export const PostText = textOf(POST_GRAPHEMES_MAX);
export const CommentText = textOf(COMMENT_GRAPHEMES_MAX);
export const TitleText = textOf(TITLE_GRAPHEMES_MAX);

export const Page = Type.Object(
  {
    cursor: Type.Optional(Type.String({ maxLength: 200 })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: PAGE_MAX })),
  },
  closed,
);
export const ListOf = <T extends TSchema>(item: T) =>
  Type.Object({ items: Type.Array(item), nextCursor: Nullable(Type.String()) }, closed);

/** An account as it stands beside a post or a comment. */
export const AccountSummary = Type.Object({ id: Id, handle: Handle, displayName: Type.String() }, closed);
export type AccountSummary = Static<typeof AccountSummary>;

export const Account = Type.Object(
  {
    id: Id,
    handle: Handle,
    displayName: Type.String(),
    bio: Type.String(),
    role: Type.Union([Type.Literal('operator'), Type.Literal('member')]),
    createdAt: Time,
    counts: Type.Object(
      { posts: Type.Integer(), followers: Type.Integer(), following: Type.Integer() },
      closed,
    ),
    /** How the caller stands to this account; null when nobody is signed in. */
    viewer: Nullable(Type.Object({ self: Type.Boolean(), following: Type.Boolean() }, closed)),
  },
  closed,
);
export type Account = Static<typeof Account>;

/** `starting`: created, nothing sent yet. `interrupted`: the publisher is gone and may come back. `archived`: the replay is ready. */
export const BroadcastState = Type.Union([
  Type.Literal('starting'),
  Type.Literal('live'),
  Type.Literal('interrupted'),
  Type.Literal('ended'),
  Type.Literal('archived'),
]);
export type BroadcastState = Static<typeof BroadcastState>;

/** What hampers a broadcast, for its owner to mend. */
export const Trouble = Type.Union([
  Type.Literal('no-picture', {
    description: 'Somebody publishes, and no key frame has come for three seconds',
  }),
  Type.Literal('reordered-pictures', {
    description: 'The encoder sends B-frames: it can be watched by HLS only',
  }),
  Type.Literal('not-recorded', { description: 'Storage is full, or fails' }),
  Type.Literal('not-reached', {
    description: 'An encoder was answered, and nothing came from it, until it is tried again',
  }),
  Type.Literal('not-secured', {
    description: 'The DTLS handshake with an encoder failed, until it is tried again',
  }),
]);
export type Trouble = Static<typeof Trouble>;

/** A broadcast as its post shows it. */
export const PostBroadcast = Type.Object(
  {
    id: Id,
    state: BroadcastState,
    title: Type.String(),
    startedAt: Nullable(Time),
    durationMs: Nullable(Type.Integer()),
  },
  closed,
);
export type PostBroadcast = Static<typeof PostBroadcast>;

export const Post = Type.Object(
  {
    id: Id,
    author: AccountSummary,
    text: Type.String(),
    createdAt: Time,
    replyToId: Nullable(Id),
    counts: Type.Object({ replies: Type.Integer(), likes: Type.Integer() }, closed),
    viewer: Nullable(Type.Object({ liked: Type.Boolean() }, closed)),
    broadcast: Nullable(PostBroadcast),
  },
  closed,
);
export type Post = Static<typeof Post>;

export const Broadcast = Type.Object(
  {
    id: Id,
    postId: Id,
    owner: AccountSummary,
    state: BroadcastState,
    title: Type.String(),
    createdAt: Time,
    /** The epoch of its media: media time 0. Null until the first frame. */
    startedAt: Nullable(Time),
    endedAt: Nullable(Time),
    durationMs: Nullable(Type.Integer()),
    viewers: Type.Integer({ description: 'Watching now' }),
    hearts: Type.Integer(),
    comments: Type.Integer(),
    troubles: Type.Array(Trouble),
    playback: Type.Object({ whepUrl: Nullable(Type.String()), hlsUrl: Nullable(Type.String()) }, closed),
  },
  closed,
);
export type Broadcast = Static<typeof Broadcast>;

export const Comment = Type.Object(
  {
    id: Id,
    /** Grows by one within a room; what `after` takes. */
    seq: Type.Integer(),
    author: AccountSummary,
    text: Type.String(),
    mediaTimeMs: Nullable(
      Type.Integer({ minimum: 0, description: 'Milliseconds since startedAt of the picture it speaks of' }),
    ),
    createdAt: Time,
  },
  closed,
);
export type Comment = Static<typeof Comment>;
