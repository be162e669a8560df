import { type ComponentType, createElement } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ErrorState, Loading, Skeleton } from './states.tsx';

/** A component whose code is fetched when it is first shown. A fetch that fails can be tried again. */
export function lazy<Props extends object>(
  load: () => Promise<{ readonly default: ComponentType<Props> }>,
): ComponentType<Props> {
  let loaded: ComponentType<Props> | undefined;
  return function Lazy(props: Props) {
    const [state, setState] = useState<{ error?: unknown; tries: number }>({ tries: 0 });
    useEffect(() => {
      let here = true;
      if (loaded) return;
      load().then(
        module => {
          loaded = module.default;
          if (here) setState(({ tries }) => ({ tries }));
        },
        (error: unknown) => {
          if (here) setState(({ tries }) => ({ error, tries }));
        },
      );
      return () => {
        here = false;
      };
    }, [state.tries]);
    if (loaded) return createElement(loaded, props);
    if (state.error) {
      return <ErrorState error={state.error} onRetry={() => setState({ tries: state.tries + 1 })} />;
    }
    return (
      <Loading what="page">
        <Skeleton height="240px" />
      </Loading>
    );
  };
}
