/** A smaller move is a trembling thumb. */
const MOVE_PX = 12;
const TOP_PX = 80;

/** Marks the page while somebody reads down: the bottom bar makes room until they scroll up. */
export function startReading(): void {
  let last = scrollY;
  const root = document.documentElement;
  addEventListener(
    'scroll',
    () => {
      const moved = scrollY - last;
      if (Math.abs(moved) < MOVE_PX && scrollY > TOP_PX) return;
      const atEnd = scrollY + innerHeight > root.scrollHeight - TOP_PX;
      root.toggleAttribute('data-reading', moved > 0 && scrollY > TOP_PX && !atEnd);
      last = scrollY;
    },
    { passive: true },
  );
}
