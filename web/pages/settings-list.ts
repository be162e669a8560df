import { useEffect, useState } from 'preact/hooks';

/** A list of the settings: what the server has, asked again whenever something of it changed. */
export function useSettingsList<Item>(ask: () => Promise<{ readonly items: readonly Item[] }>) {
  const [asked, setAsked] = useState(0);
  const [items, setItems] = useState<readonly Item[] | null>(null);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    let here = true;
    ask().then(
      answer => {
        if (!here) return;
        setItems(answer.items);
        setError(null);
      },
      (thrown: unknown) => here && setError(thrown),
    );
    return () => {
      here = false;
    };
  }, [asked]);
  return { items, error, again: () => setAsked(count => count + 1) };
}
