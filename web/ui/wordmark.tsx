import './wordmark.css';

/** The mark: a lark before the rising sun. */
export function Mark({ size = 28 }: { readonly size?: number }) {
  return (
    <svg class="mark" viewBox="0 0 32 32" width={size} height={size} aria-hidden="true">
      <path d="M6 10.2a10.2 10.2 0 0 1 20 0c-4.4-.3-7.9 1.9-10 6.8-2.1-4.9-5.6-7.1-10-6.8Z" />
      <path d="M1 13.6c7-2.7 12.2.4 15 7.4 2.8-7 8-10.1 15-7.4-6.6.6-11.4 4.8-15 14-3.6-9.2-8.4-13.4-15-14Z" />
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
