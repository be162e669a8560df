import { buildWebIfStale } from './web-build.ts';

await buildWebIfStale();
await import('../src/app/main.ts');
