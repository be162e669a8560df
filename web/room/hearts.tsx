import type { ReadonlySignal } from '@preact/signals';
import { Heart } from 'lucide-preact';
import { useEffect, useRef } from 'preact/hooks';
import { formatCount } from '../ui/format.ts';
import type { HeartFountain } from './heart-fountain.ts';
import './hearts.css';

/** Where hearts rise. Decoration: the count beside the button says the same. */
export function HeartsLayer({ fountain }: { readonly fountain: HeartFountain }) {
  const layer = useRef<HTMLDivElement>(null);
  useEffect(() => {
    fountain.attach(layer.current);
    return () => fountain.attach(null);
  }, [fountain]);
  return <div ref={layer} class="hearts-layer" aria-hidden="true" />;
}

interface HeartButtonProps {
  readonly count: ReadonlySignal<number>;
  readonly onHeart: () => void;
  readonly disabled?: boolean;
}

/** One heart a tap, as many as one likes. */
export function HeartButton({ count, onHeart, disabled = false }: HeartButtonProps) {
  return (
    <button type="button" class="heart-button" aria-label="Heart" disabled={disabled} onClick={onHeart}>
      <Heart size={24} strokeWidth={1.75} aria-hidden="true" />
      <HeartCount count={count} />
    </button>
  );
}

function HeartCount({ count }: { readonly count: ReadonlySignal<number> }) {
  return count.value > 0 ? <span class="heart-count">{formatCount(count.value)}</span> : null;
}
