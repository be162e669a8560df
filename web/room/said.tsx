import type { Comment } from '#contract/api/types.ts';

interface SaidProps {
  readonly comment: Comment;
  /** Whether the name leads to the profile. */
  readonly linked?: boolean;
}

/** What somebody said, behind their name. */
export function Said({ comment: { author, text }, linked = false }: SaidProps) {
  const name = <bdi>{author.displayName}</bdi>;
  return (
    <p>
      {linked ? <a href={`/@${author.handle}`}>{name}</a> : <b>{name}</b>} <span dir="auto">{text}</span>
    </p>
  );
}
