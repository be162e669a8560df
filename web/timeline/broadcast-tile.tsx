import { Play } from 'lucide-preact';
import type { PostBroadcast } from '#contract/api/types.ts';
import { BroadcastPill } from '../ui/pill.tsx';
import './broadcast-tile.css';

/** A broadcast inside its post: a viewfinder with what it is, and its title. */
export function BroadcastTile({
  href,
  broadcast,
}: {
  readonly href: string;
  readonly broadcast: PostBroadcast;
}) {
  return (
    <a class="tile" href={href} data-state={broadcast.state}>
      <span class="tile-top">
        <BroadcastPill broadcast={broadcast} />
      </span>
      <span class="tile-play" aria-hidden="true">
        <Play size={22} />
      </span>
      <span class="tile-title" dir="auto">
        {broadcast.title}
      </span>
    </a>
  );
}
