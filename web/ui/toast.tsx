import { signal } from '@preact/signals';
import { problemFrom } from '../net/api.ts';
import './toast.css';

/** How long a toast stays; with an action it stays longer, so that a thumb gets there. */
const SHOWN_MS = 4000;
const SHOWN_WITH_ACTION_MS = 7000;

interface Toast {
  readonly text: string;
  readonly action?: { readonly label: string; readonly run: () => void };
}

const current = signal<Toast | null>(null);
let timer: ReturnType<typeof setTimeout> | undefined;

/** Shows one line at the foot of the page. A toast that is still there gives way. */
export function toast(next: Toast): void {
  dismiss();
  current.value = next;
  timer = setTimeout(dismiss, next.action ? SHOWN_WITH_ACTION_MS : SHOWN_MS);
}

/** Shows what went wrong as a toast. */
export function toastError(thrown: unknown): void {
  const problem = problemFrom(thrown);
  toast({ text: `${problem.message} ${problem.advice}` });
}

function dismiss(): void {
  clearTimeout(timer);
  current.value = null;
}

function act(shown: Toast): void {
  dismiss();
  shown.action?.run();
}

/** The place where toasts appear; once on the page. */
export function ToastPlace() {
  const shown = current.value;
  return (
    <div class="toast-place" role="status">
      {shown ? (
        <div class="toast">
          <span>{shown.text}</span>
          {shown.action ? (
            <button type="button" onClick={() => act(shown)}>
              {shown.action.label}
            </button>
          ) : null}
        </div>
      ) : null}
    </div>
  );
}
