import { Ellipsis } from 'lucide-preact';
import { useState } from 'preact/hooks';
import type { Comment } from '#contract/api/types.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { Sheet } from '../ui/sheet.tsx';
import { toastError } from '../ui/toast.tsx';
import type { Room } from './room.ts';
import './remove-comment.css';

interface RemoveCommentProps {
  readonly room: Pick<Room, 'mayRemove' | 'remove'>;
  readonly comment: Comment;
}

/** For whoever may take a comment away: asks once, for it does not come back. */
export function RemoveComment({ room, comment }: RemoveCommentProps) {
  const [asking, setAsking] = useState(false);
  if (!room.mayRemove(comment)) return null;
  const remove = () => {
    setAsking(false);
    room.remove(comment).catch(toastError);
  };
  return (
    <>
      <IconButton
        class="remove-comment"
        label={`More about the comment by ${comment.author.displayName}`}
        onClick={() => setAsking(true)}
      >
        <Ellipsis size={18} strokeWidth={1.75} aria-hidden="true" />
      </IconButton>
      {asking ? (
        <Sheet label="Remove this comment?" onClose={() => setAsking(false)}>
          <div class="remove-comment-sheet">
            <h2>Remove this comment?</h2>
            <p>
              <b>
                <bdi>{comment.author.displayName}</bdi>
              </b>{' '}
              <span dir="auto">{comment.text}</span>
            </p>
            <Button kind="danger" onClick={remove}>
              Remove for everybody
            </Button>
            <Button kind="quiet" onClick={() => setAsking(false)}>
              Keep it
            </Button>
          </div>
        </Sheet>
      ) : null}
    </>
  );
}
