import { signal } from '@preact/signals';
import { type ComponentType, createElement } from 'preact';
import { useEffect } from 'preact/hooks';
import { ErrorState, Loading, Skeleton } from './states.tsx';

/** A component that can be fetched before it is shown. */
export type LazyComponent<Props> = ComponentType<Props> & {
  /** Fetches the code now; a failure shows when the component does. */
  preload(): void;
};

/**
 * A component whose code is fetched when it is first shown, or by `preload`. When that fails the page can be loaded anew: browsers keep
 * a failed import for as long as the page lives, and after a new version the old file is gone for good. What was fetched is a signal:
 * it may arrive at any moment, also after a component was drawn and before its effects run, and shows in all of them.
 */
export function lazy<Props extends object>(
  load: () => Promise<{ readonly default: ComponentType<Props> }>,
): LazyComponent<Props> {
  const loaded = signal<ComponentType<Props> | null>(null);
  const error = signal<unknown>(null);
  let loading = false;
  return Object.assign(Lazy, { preload });

  function preload(): void {
    if (loading) return;
    loading = true;
    load().then(
      module => {
        loaded.value = module.default;
      },
      (thrown: unknown) => {
        error.value = thrown;
      },
    );
  }

  function Lazy(props: Props) {
    useEffect(preload, []);
    if (loaded.value) return createElement(loaded.value, props);
    if (error.value) return <ErrorState error={error.value} onRetry={() => location.reload()} />;
    return (
      <Loading what="page">
        <Skeleton height="240px" />
      </Loading>
    );
  }
}
