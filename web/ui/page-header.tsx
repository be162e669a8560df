import { ArrowLeft } from 'lucide-preact';
import type { ComponentChildren } from 'preact';
import { back } from '../router.ts';
import { IconButton } from './button.tsx';
import { Wordmark } from './wordmark.tsx';
import './page-header.css';

interface PageHeaderProps {
  /** The page's heading; receives the focus when one comes here. */
  readonly title: string;
  /** Shows Skylark's name in place of the title where no rail carries it. */
  readonly branded?: boolean;
  /** A button that goes back, or to this address when there is no way back. */
  readonly backTo?: string;
  /** At the end of the line. */
  readonly children?: ComponentChildren;
}

/** The line on top of a page. */
export function PageHeader({ title, branded = false, backTo, children }: PageHeaderProps) {
  return (
    <header class="page-header">
      {backTo === undefined ? null : <BackButton to={backTo} />}
      <h1 tabIndex={-1} data-branded={branded || undefined}>
        {branded ? <Wordmark /> : null}
        <bdi>{title}</bdi>
      </h1>
      {children}
    </header>
  );
}

/** Goes back where one came from, or to `to` when the page was opened from outside. */
export function BackButton({ to = '/' }: { readonly to?: string }) {
  return (
    <IconButton label="Back" class="back-button" onClick={() => back(to)}>
      <ArrowLeft size={24} />
    </IconButton>
  );
}
