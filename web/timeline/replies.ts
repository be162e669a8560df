import { api } from '../net/api.ts';
import { type Feed, feedFor } from './feed.ts';

/** The replies to a post, oldest first. */
export function repliesOf(id: string): Feed {
  return feedFor(`replies:${id}`, cursor =>
    api('listReplies', { params: { id }, query: cursor === undefined ? {} : { cursor } }),
  );
}
