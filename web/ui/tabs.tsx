import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import './tabs.css';

export interface Tab {
  readonly id: string;
  readonly label: string;
}

interface TabsProps<Id extends string> {
  readonly label: string;
  readonly tabs: readonly { readonly id: Id; readonly label: string }[];
  readonly chosen: Id;
  readonly onChoose: (id: Id) => void;
  /** The chosen tab's panel. */
  readonly children: ComponentChildren;
}

/** Tabs as the WAI-ARIA pattern has them: arrow keys move between them, one stop for the tab key. */
export function Tabs<Id extends string>({ label, tabs, chosen, onChoose, children }: TabsProps<Id>) {
  const panel = useId();
  const move = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0 || !(event.currentTarget instanceof HTMLElement)) return;
    const at = tabs.findIndex(tab => tab.id === chosen);
    const next = tabs.at((at + step + tabs.length) % tabs.length);
    if (!next) return;
    onChoose(next.id);
    event.currentTarget.querySelectorAll<HTMLElement>('[role=tab]')[tabs.indexOf(next)]?.focus();
  };
  return (
    <>
      <div class="tabs" role="tablist" aria-label={label} onKeyDown={move}>
        {tabs.map(tab => (
          <button
            type="button"
            key={tab.id}
            role="tab"
            id={`${panel}-${tab.id}`}
            aria-selected={tab.id === chosen}
            aria-controls={panel}
            tabIndex={tab.id === chosen ? 0 : -1}
            onClick={() => onChoose(tab.id)}
          >
            {tab.label}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={panel} aria-labelledby={`${panel}-${chosen}`}>
        {children}
      </div>
    </>
  );
}
