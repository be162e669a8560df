import type { Post } from '#contract/api/types.ts';
import { api, problemFrom } from '../net/api.ts';
import { home } from '../timeline/home.ts';
import { keepPost, noteReply } from '../timeline/posts.ts';
import { repliesOf } from '../timeline/replies.ts';
import { draftFor, setDraft } from './draft.ts';

/** Sends a draft and shows it where it belongs. Answers what went wrong as a sentence; the draft stays then. */
export async function send(draft: string, replyTo: Post | null): Promise<string | null> {
  const text = draftFor(draft).trim();
  try {
    const post = await api('createPost', { body: replyTo ? { text, replyToId: replyTo.id } : { text } });
    setDraft(draft, '');
    show(post);
    return null;
  } catch (thrown) {
    const problem = problemFrom(thrown);
    return `${problem.message} ${problem.advice}`;
  }
}

function show(post: Post): void {
  const entry = keepPost(post);
  if (post.replyToId) {
    noteReply(post.replyToId);
    repliesOf(post.replyToId).append(entry);
    return;
  }
  if (home.peek().status.peek() !== 'idle') home.peek().prepend([entry]);
}
