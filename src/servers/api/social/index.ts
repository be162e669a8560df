import type { AnyHandler } from '../handler.ts';
import { createPost } from './create-post.ts';
import { deletePost } from './delete-post.ts';
import { followAccount } from './follow-account.ts';
import { getHomeTimeline } from './get-home-timeline.ts';
import { getPost } from './get-post.ts';
import { likePost } from './like-post.ts';
import { listAccountPosts } from './list-account-posts.ts';
import { listReplies } from './list-replies.ts';
import { restorePost } from './restore-post.ts';
import { unfollowAccount } from './unfollow-account.ts';
import { unlikePost } from './unlike-post.ts';

export const socialHandlers: readonly AnyHandler[] = [
  createPost,
  getPost,
  deletePost,
  restorePost,
  listReplies,
  listAccountPosts,
  likePost,
  unlikePost,
  followAccount,
  unfollowAccount,
  getHomeTimeline,
];
