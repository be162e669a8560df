/** What the two threads say to each other. Byte arrays are transferred, not copied. */
export type ToWorker =
  | { readonly kind: 'open'; readonly session: number; readonly channels: number }
  | { readonly kind: 'push'; readonly session: number; readonly pts: number; readonly data: Uint8Array }
  | { readonly kind: 'flush'; readonly session: number }
  | { readonly kind: 'close'; readonly session: number };

export type FromWorker =
  | { readonly kind: 'opened'; readonly session: number; readonly config: Uint8Array }
  /** One pushed packet has left the queue between the threads. */
  | { readonly kind: 'taken'; readonly session: number }
  | { readonly kind: 'unit'; readonly session: number; readonly pts: number; readonly data: Uint8Array }
  | { readonly kind: 'flushed'; readonly session: number }
  | { readonly kind: 'failed'; readonly session: number; readonly message: string };
