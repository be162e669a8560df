import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { IconButton } from './button.tsx';
import './menu.css';

interface MenuProps {
  readonly label: string;
  readonly icon: ComponentChildren;
  readonly children: ComponentChildren;
}

/** A button that opens a short list of things to do. Arrow keys walk it; Escape, a click elsewhere or a choice closes it. */
export function Menu({ label, icon, children }: MenuProps) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const list = root.current;
    if (!open || !list) return;
    itemsIn(list)[0]?.focus();
    const leave = () => {
      setOpen(false);
      list.querySelector('button')?.focus();
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'Escape' || event.key === 'Tab') leave();
      else walk(event, itemsIn(list));
    };
    const onPointer = (event: PointerEvent) => {
      if (event.target instanceof Node && !list.contains(event.target)) setOpen(false);
    };
    list.addEventListener('keydown', onKey);
    document.addEventListener('pointerdown', onPointer);
    return () => {
      list.removeEventListener('keydown', onKey);
      document.removeEventListener('pointerdown', onPointer);
    };
  }, [open]);
  return (
    <div class="menu" ref={root}>
      <IconButton label={label} aria-haspopup="menu" aria-expanded={open} onClick={() => setOpen(!open)}>
        {icon}
      </IconButton>
      {open ? (
        // biome-ignore lint/a11y/useKeyWithClickEvents: its items are buttons, and keys are heard above
        <div class="menu-list" role="menu" tabIndex={-1} onClick={() => setOpen(false)}>
          {children}
        </div>
      ) : null}
    </div>
  );
}

interface MenuItemProps {
  readonly icon?: ComponentChildren;
  readonly danger?: boolean;
  readonly onChoose: () => void;
  readonly children: ComponentChildren;
}

export function MenuItem({ icon, danger = false, onChoose, children }: MenuItemProps) {
  return (
    <button
      type="button"
      class="menu-item"
      role="menuitem"
      data-danger={danger || undefined}
      onClick={onChoose}
    >
      {icon}
      {children}
    </button>
  );
}

function itemsIn(root: HTMLElement): HTMLElement[] {
  return [...root.querySelectorAll<HTMLElement>('[role=menuitem]')];
}

function walk(event: KeyboardEvent, items: readonly HTMLElement[]): void {
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
  if (step === 0 || items.length === 0) return;
  event.preventDefault();
  const at = items.indexOf(document.activeElement as HTMLElement);
  items[(at + step + items.length) % items.length]?.focus();
}
