import { Ellipsis } from 'lucide-preact';
import type { Comment } from '#contract/api/types.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { Sheet } from '../ui/sheet.tsx';
import { toastError } from '../ui/toast.tsx';
import type { Room } from './room.ts';
import { Said } from './said.tsx';
import './remove-comment.css';

interface MoreAboutCommentProps {
  readonly room: Pick<Room, 'mayRemove'>;
  readonly comment: Comment;
  readonly onAsk: (comment: Comment) => void;
}

/** For whoever may take a comment away. */
export function MoreAboutComment({ room, comment, onAsk }: MoreAboutCommentProps) {
  if (!room.mayRemove(comment)) return null;
  return (
    <IconButton
      class="more-about-comment"
      label={`More about the comment by ${comment.author.displayName}`}
      onClick={() => onAsk(comment)}
    >
      <Ellipsis size={18} strokeWidth={1.75} aria-hidden="true" />
    </IconButton>
  );
}

interface RemoveCommentProps {
  readonly room: Pick<Room, 'remove'>;
  readonly comment: Comment;
  readonly onClose: () => void;
}

/** Asks once, for a comment does not come back. Beside the list, not in its row: a busy room moves the row out of sight meanwhile. */
export function RemoveComment({ room, comment, onClose }: RemoveCommentProps) {
  const remove = () => {
    onClose();
    room.remove(comment).catch(toastError);
  };
  return (
    <Sheet label="Remove this comment?" onClose={onClose}>
      <div class="remove-comment">
        <h2>Remove this comment?</h2>
        <Said comment={comment} />
        <Button kind="danger" onClick={remove}>
          Remove for everybody
        </Button>
        <Button kind="primary" onClick={onClose}>
          Keep it
        </Button>
      </div>
    </Sheet>
  );
}
