import type { ComponentChildren } from 'preact';
import { type ApiProblem, problemFrom } from '../net/api.ts';
import { Button } from './button.tsx';
import './states.css';

interface EmptyStateProps {
  readonly title: string;
  /** What belongs here and how it gets here. */
  readonly children?: ComponentChildren;
  readonly action?: ComponentChildren;
  readonly icon?: ComponentChildren;
}

/** An empty screen says what belongs there. */
export function EmptyState({ title, children, action, icon }: EmptyStateProps) {
  return (
    <div class="state">
      {icon ? (
        <span class="state-icon" aria-hidden="true">
          {icon}
        </span>
      ) : null}
      <h2>{title}</h2>
      {children ? <p>{children}</p> : null}
      {action}
    </div>
  );
}

/** An error is a sentence, what to do about it, and a button. */
export function ErrorState({ error, onRetry }: { readonly error: unknown; readonly onRetry?: () => void }) {
  const problem: ApiProblem = problemFrom(error);
  return (
    <div class="state" role="alert">
      <h2>{problem.message}</h2>
      <p>{problem.advice}</p>
      {onRetry ? (
        <Button kind="outline" onClick={onRetry}>
          Try again
        </Button>
      ) : null}
    </div>
  );
}

/** A grey shape in place of what is coming; invisible for the first 300 ms. */
export function Skeleton({ width = '100%', height = '16px', round = false }: SkeletonProps) {
  return (
    <span
      class="skeleton"
      data-round={round || undefined}
      style={{ inlineSize: width, blockSize: height }}
      aria-hidden="true"
    />
  );
}

interface SkeletonProps {
  readonly width?: string;
  readonly height?: string;
  readonly round?: boolean;
}

/** Wraps skeletons: says to screen readers that something is on its way. */
export function Loading({ what, children }: { readonly what: string; readonly children: ComponentChildren }) {
  return (
    <div class="loading" aria-busy="true">
      <span class="visually-hidden" role="status">
        Loading {what}
      </span>
      {children}
    </div>
  );
}
