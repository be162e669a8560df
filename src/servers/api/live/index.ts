import type { AnyHandler } from '../handler.ts';
import { createBroadcast } from './create-broadcast.ts';
import { createComment } from './create-comment.ts';
import { deleteComment } from './delete-comment.ts';
import { endBroadcast } from './end-broadcast.ts';
import { getBroadcast } from './get-broadcast.ts';
import { getLiveTimeline } from './get-live-timeline.ts';
import { listComments } from './list-comments.ts';
import { listHearts } from './list-hearts.ts';
import { sendHearts } from './send-hearts.ts';
import { updateBroadcast } from './update-broadcast.ts';

export const liveHandlers: readonly AnyHandler[] = [
  createBroadcast,
  getBroadcast,
  updateBroadcast,
  endBroadcast,
  getLiveTimeline,
  listComments,
  createComment,
  deleteComment,
  sendHearts,
  listHearts,
];
