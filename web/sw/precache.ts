import type { Plugin } from 'vite';

/** The service worker's source says this word where the list of the shell's files belongs. */
const PLACE = '__SHELL__';

/**
 * Writes into the service worker which files make up the shell: the page's entry and what it imports statically, with
 * their styles. What is loaded on demand is cached when it is first asked for.
 */
export function precache(): Plugin {
  return {
    name: 'skylark-precache',
    apply: 'build',
    generateBundle(_options, bundle) {
      const files = new Set<string>();
      const visit = (name: string): void => {
        const chunk = bundle[name];
        if (chunk?.type !== 'chunk' || files.has(name)) return;
        files.add(name);
        for (const css of chunk.viteMetadata?.importedCss ?? []) files.add(css);
        for (const imported of chunk.imports) visit(imported);
      };
      const chunks = Object.values(bundle).filter(file => file.type === 'chunk');
      for (const chunk of chunks) if (chunk.isEntry && chunk.name === 'main') visit(chunk.fileName);
      const worker = chunks.find(chunk => chunk.name === 'sw');
      if (!worker) throw new Error('the build has no service worker');
      const shell = JSON.stringify(['/', ...[...files].map(file => `/${file}`)]);
      worker.code = worker.code.replace(PLACE, () => shell);
    },
  };
}
