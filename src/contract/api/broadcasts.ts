import { type Static, Type } from 'typebox';
import { method } from './method.ts';
import { Broadcast, Comment, CommentText, Id, ListOf, Page, TitleText } from './types.ts';

const closed = { additionalProperties: false } as const;
const byId = Type.Object({ id: Id }, closed);
const MediaTimeMs = Type.Integer({ minimum: 0, maximum: 7 * 24 * 3600 * 1000 });

/** What the owner gets once: where to publish, and the secret that opens it. */
export const CreatedBroadcast = Type.Object(
  { ...Broadcast.properties, whipUrl: Type.String(), publishToken: Type.String() },
  closed,
);
export type CreatedBroadcast = Static<typeof CreatedBroadcast>;

export const createBroadcast = method({
  name: 'createBroadcast',
  verb: 'POST',
  path: '/api/v1/broadcasts',
  auth: 'required',
  scope: 'broadcast',
  creates: true,
  status: 201,
  summary: 'Prepares a broadcast; its post appears when the first frame arrives',
  body: Type.Object(
    {
      title: TitleText,
      announce: Type.Optional(
        Type.Boolean({
          description: 'Whether followers get the post in their home timeline; true unless said',
        }),
      ),
    },
    closed,
  ),
  reply: CreatedBroadcast,
  errors: [],
});

export const getBroadcast = method({
  name: 'getBroadcast',
  verb: 'GET',
  path: '/api/v1/broadcasts/{id}',
  auth: 'optional',
  scope: 'read',
  status: 200,
  summary: 'One broadcast',
  params: byId,
  reply: Broadcast,
  errors: ['not-found'],
});

export const updateBroadcast = method({
  name: 'updateBroadcast',
  verb: 'PATCH',
  path: '/api/v1/broadcasts/{id}',
  auth: 'required',
  scope: 'broadcast',
  status: 200,
  summary: "Changes one's own broadcast's title",
  params: byId,
  body: Type.Object({ title: TitleText }, closed),
  reply: Broadcast,
  errors: ['not-found', 'not-allowed'],
});

export const endBroadcast = method({
  name: 'endBroadcast',
  verb: 'POST',
  path: '/api/v1/broadcasts/{id}/end',
  auth: 'required',
  scope: 'broadcast',
  status: 200,
  summary: "Ends one's own broadcast, or anybody's for the operator; ending it again changes nothing",
  params: byId,
  reply: Broadcast,
  errors: ['not-found', 'not-allowed'],
});

export const getLiveTimeline = method({
  name: 'getLiveTimeline',
  verb: 'GET',
  path: '/api/v1/timelines/live',
  auth: 'optional',
  scope: 'read',
  status: 200,
  summary: 'What is live now, newest first',
  query: Page,
  reply: ListOf(Broadcast),
  errors: ['invalid-cursor'],
});

export const listComments = method({
  name: 'listComments',
  verb: 'GET',
  path: '/api/v1/broadcasts/{id}/comments',
  auth: 'optional',
  scope: 'read',
  status: 200,
  summary: 'Comments after a sequence number, oldest first',
  params: byId,
  query: Type.Object(
    {
      after: Type.Optional(Type.Integer({ minimum: 0 })),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
    },
    closed,
  ),
  reply: Type.Object(
    { items: Type.Array(Comment), nextCursor: Type.Union([Type.String(), Type.Null()]) },
    closed,
  ),
  errors: ['not-found'],
});

export const createComment = method({
  name: 'createComment',
  verb: 'POST',
  path: '/api/v1/broadcasts/{id}/comments',
  auth: 'required',
  scope: 'write',
  creates: true,
  status: 201,
  summary: 'Speaks in the room',
  params: byId,
  body: Type.Object({ text: CommentText, mediaTimeMs: Type.Optional(MediaTimeMs) }, closed),
  reply: Comment,
  errors: ['not-found', 'comments-closed'],
});

export const deleteComment = method({
  name: 'deleteComment',
  verb: 'DELETE',
  path: '/api/v1/broadcasts/{id}/comments/{commentId}',
  auth: 'required',
  scope: 'write',
  status: 204,
  summary: "Takes a comment away: one's own, one in one's own broadcast, or any for the operator",
  params: Type.Object({ id: Id, commentId: Id }, closed),
  errors: ['not-found', 'not-allowed'],
});

export const sendHearts = method({
  name: 'sendHearts',
  verb: 'POST',
  path: '/api/v1/broadcasts/{id}/hearts',
  auth: 'required',
  scope: 'write',
  status: 204,
  summary: 'Sends hearts, many taps in one call; 500 of one viewer count',
  params: byId,
  body: Type.Object(
    { count: Type.Integer({ minimum: 1, maximum: 100 }), mediaTimeMs: Type.Optional(MediaTimeMs) },
    closed,
  ),
  errors: ['not-found', 'comments-closed'],
});

export const listHearts = method({
  name: 'listHearts',
  verb: 'GET',
  path: '/api/v1/broadcasts/{id}/hearts',
  auth: 'optional',
  scope: 'read',
  status: 200,
  summary: 'Hearts by second of media time, for the replay',
  params: byId,
  reply: Type.Object(
    {
      total: Type.Integer(),
      seconds: Type.Array(
        Type.Tuple([Type.Integer({ description: 'second' }), Type.Integer({ description: 'hearts' })]),
      ),
    },
    closed,
  ),
  errors: ['not-found'],
});
