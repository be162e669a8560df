import type { ComponentChildren } from 'preact';
import { online } from '../net/connection.ts';
import { chrome } from '../ui/chrome.ts';
import { ToastPlace } from '../ui/toast.tsx';
import { Aside } from './aside.tsx';
import { BottomBar, Rail } from './navigation.tsx';
import './frame.css';

/** What stands around every page: rail or bottom bar, the column for the page, what is live beside it. */
export function Frame({ children }: { readonly children: ComponentChildren }) {
  const bare = chrome.value === 'bare';
  return (
    <div class="frame" data-chrome={chrome.value} data-offline={!online.value || undefined}>
      <a class="skip-link" href="#main">
        Skip to the page
      </a>
      {online.value ? null : (
        <p class="offline" role="status">
          You are offline. What is here stays readable.
        </p>
      )}
      {bare ? null : <Rail />}
      <main id="main" tabIndex={-1}>
        {children}
      </main>
      {bare ? null : <Aside />}
      {bare ? null : <BottomBar />}
      <ToastPlace />
    </div>
  );
}
