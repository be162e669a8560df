import './counter-ring.css';

/** From this many characters before the end on, the ring is shown. */
const SHOWN_BEFORE_END = 60;
const RADIUS = 10;
const ROUND = 2 * Math.PI * RADIUS;

/** How much room a text has left, shown near the limit only; the number stands in the ring when it is tight. */
export function CounterRing({ length, max }: { readonly length: number; readonly max: number }) {
  const left = max - length;
  if (left > SHOWN_BEFORE_END) return null;
  const filled = Math.min(1, length / max);
  return (
    <span class="counter" data-over={left < 0 || undefined}>
      <svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
        <circle class="counter-track" cx="12" cy="12" r={RADIUS} />
        <circle
          class="counter-arc"
          cx="12"
          cy="12"
          r={RADIUS}
          stroke-dasharray={`${filled * ROUND} ${ROUND}`}
        />
      </svg>
      <span role="status">
        {left}
        <span class="visually-hidden"> characters left</span>
      </span>
    </span>
  );
}
