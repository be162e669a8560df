import { type ComponentType, createElement } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ErrorState, Loading, Skeleton } from './states.tsx';

/** A component that can be fetched before it is shown. */
export type LazyComponent<Props> = ComponentType<Props> & {
  /** Fetches the code now; a failure shows when the component does. */
  preload(): void;
};

/**
 * A component whose code is fetched when it is first shown, or by `preload`. When that fails the page can be loaded anew: browsers keep
 * a failed import for as long as the page lives, and after a new version the old file is gone for good.
 */
export function lazy<Props extends object>(
  load: () => Promise<{ readonly default: ComponentType<Props> }>,
): LazyComponent<Props> {
  let loaded: ComponentType<Props> | undefined;
  const loadOnce = async (): Promise<void> => {
    loaded ??= (await load()).default;
  };
  return Object.assign(Lazy, { preload: () => void loadOnce().catch(() => undefined) });

  function Lazy(props: Props) {
    const [error, setError] = useState<unknown>(null);
    const [, setHere] = useState(Boolean(loaded));
    useEffect(() => {
      let shown = true;
      if (loaded) return;
      loadOnce().then(
        () => {
          if (shown) setHere(true);
        },
        (thrown: unknown) => {
          if (shown) setError(thrown);
        },
      );
      return () => {
        shown = false;
      };
    }, []);
    if (loaded) return createElement(loaded, props);
    if (error) return <ErrorState error={error} onRetry={() => location.reload()} />;
    return (
      <Loading what="page">
        <Skeleton height="240px" />
      </Loading>
    );
  }
}
