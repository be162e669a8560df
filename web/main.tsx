import './tokens.css';
import './base.css';
import { render } from 'preact';
import { App } from './app.tsx';
import { loadMe } from './net/session.ts';
import { startRouter } from './router.ts';
import { startHome } from './timeline/home.ts';
import { startReading } from './ui/reading.ts';

startRouter();
startReading();
startHome();
void loadMe();

const root = document.querySelector('#app');
if (root) render(<App />, root);

if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  addEventListener('load', () => {
    // Without a worker the app only lacks its offline shell.
    navigator.serviceWorker.register('/sw.js').catch(() => {});
  });
}
