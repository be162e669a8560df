import { Type } from 'typebox';
import { method } from './method.ts';
import { Handle, Id, ListOf, Page, Post, PostText } from './types.ts';

const closed = { additionalProperties: false } as const;
const byId = Type.Object({ id: Id }, closed);

export const createPost = method({
  name: 'createPost',
  verb: 'POST',
  path: '/api/v1/posts',
  auth: 'required',
  scope: 'write',
  creates: true,
  status: 201,
  summary: 'Writes a post or a reply, at most 500 graphemes',
  body: Type.Object({ text: PostText, replyToId: Type.Optional(Id) }, closed),
  reply: Post,
  errors: ['not-found'],
});

export const getPost = method({
  name: 'getPost',
  verb: 'GET',
  path: '/api/v1/posts/{id}',
  auth: 'optional',
  scope: 'read',
  status: 200,
  summary: 'One post',
  params: byId,
  reply: Post,
  errors: ['not-found'],
});

export const deletePost = method({
  name: 'deletePost',
  verb: 'DELETE',
  path: '/api/v1/posts/{id}',
  auth: 'required',
  scope: 'write',
  status: 204,
  summary: "Deletes one's own post, and takes its broadcast off the air; for ten seconds it can be restored",
  params: byId,
  errors: ['not-found', 'not-allowed'],
});

export const restorePost = method({
  name: 'restorePost',
  verb: 'POST',
  path: '/api/v1/posts/{id}/restore',
  auth: 'required',
  scope: 'write',
  status: 200,
  summary:
    'Brings back a post that was deleted in the last ten seconds; its broadcast comes back as a replay',
  params: byId,
  reply: Post,
  errors: ['not-found', 'not-allowed'],
});

export const listReplies = method({
  name: 'listReplies',
  verb: 'GET',
  path: '/api/v1/posts/{id}/replies',
  auth: 'optional',
  scope: 'read',
  status: 200,
  summary: 'Replies to a post, oldest first',
  params: byId,
  query: Page,
  reply: ListOf(Post),
  errors: ['not-found', 'invalid-cursor'],
});

export const listAccountPosts = method({
  name: 'listAccountPosts',
  verb: 'GET',
  path: '/api/v1/accounts/{handle}/posts',
  auth: 'optional',
  scope: 'read',
  status: 200,
  summary: "An account's posts, newest first",
  params: Type.Object({ handle: Handle }, closed),
  query: Page,
  reply: ListOf(Post),
  errors: ['not-found', 'invalid-cursor'],
});

export const likePost = method({
  name: 'likePost',
  verb: 'PUT',
  path: '/api/v1/posts/{id}/like',
  auth: 'required',
  scope: 'write',
  status: 204,
  summary: 'Likes',
  params: byId,
  errors: ['not-found'],
});

export const unlikePost = method({
  name: 'unlikePost',
  verb: 'DELETE',
  path: '/api/v1/posts/{id}/like',
  auth: 'required',
  scope: 'write',
  status: 204,
  summary: 'Takes a like back',
  params: byId,
  errors: ['not-found'],
});

export const getHomeTimeline = method({
  name: 'getHomeTimeline',
  verb: 'GET',
  path: '/api/v1/timelines/home',
  auth: 'required',
  scope: 'read',
  status: 200,
  summary: 'Posts of oneself and of those one follows, newest first',
  query: Page,
  reply: ListOf(Post),
  errors: ['invalid-cursor'],
});
