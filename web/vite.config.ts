/// <reference types="node" />
import { precache } from './sw/precache.ts';

const server = process.env.SKYLARK_DEV_SERVER ?? 'http://127.0.0.1:8080';
const proxied = ['/api', '/hls', '/whip', '/whep', '/socket'];

export default {
  root: import.meta.dirname,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [precache()],
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'es2024',
    manifest: true,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    // The HLS player is the largest chunk, and loaded only where it is needed.
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      input: { main: 'index.html', sw: 'sw/sw.ts' },
      output: {
        // The worker keeps one address for ever: browsers compare its bytes to find a new version.
        entryFileNames: (chunk: { name: string }) =>
          chunk.name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js',
      },
    },
  },
  server: {
    host: '127.0.0.1',
    proxy: Object.fromEntries(proxied.map(path => [path, { target: server, ws: path === '/socket' }])),
  },
};
