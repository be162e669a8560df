import './wordmark.css';

/** The mark: a lark that rises, in one stroke of the pen. */
export function Mark({ size = 28 }: { readonly size?: number }) {
  return (
    <svg class="mark" viewBox="0 0 32 32" width={size} height={size} aria-hidden="true">
      <path d="M3 19c5.5 1 9.600-.400 12.400-4.200C18 11.200 21 9.500 24.800 9.300L29 7l-1.600 4.200C27.600 19.400 22 25.500 14 25.500c-4.600 0-8.500-2.300-11-6.500Z" />
      <path d="M12 16.500C9.600 12.600 9.300 8.700 10.500 4.500c3.600 2 5.900 4.700 6.900 8.200" />
    </svg>
  );
}

export function Wordmark() {
  return (
    <span class="wordmark" aria-hidden="true">
      <Mark />
      <span>Skylark</span>
    </span>
  );
}
