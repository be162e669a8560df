/** What the build hands over of a file that it is about to write; `code` is there for scripts. */
interface OutputFile {
  readonly type: 'chunk' | 'asset';
  readonly fileName: string;
  readonly name?: string;
  readonly isEntry?: boolean;
  readonly imports?: readonly string[];
  readonly viteMetadata?: { readonly importedCss: ReadonlySet<string> };
  code?: string;
}

/** The service worker's source says this word where the list of the shell's files belongs. */
const PLACE = '__SHELL__';

/**
 * Writes into the service worker which files make up the shell: the page's entry and what it imports statically, with
 * their styles. What is loaded on demand is cached when it is first asked for.
 */
export function precache() {
  return {
    name: 'skylark-precache',
    apply: 'build' as const,
    generateBundle(_options: unknown, bundle: Record<string, OutputFile>): void {
      const files = new Set<string>();
      const visit = (name: string): void => {
        const chunk = bundle[name];
        if (chunk?.type !== 'chunk' || files.has(name)) return;
        files.add(name);
        for (const css of chunk.viteMetadata?.importedCss ?? []) files.add(css);
        for (const imported of chunk.imports ?? []) visit(imported);
      };
      const chunks = Object.values(bundle).filter(file => file.type === 'chunk');
      for (const chunk of chunks) if (chunk.isEntry && chunk.name === 'main') visit(chunk.fileName);
      const worker = chunks.find(chunk => chunk.name === 'sw');
      if (worker?.code === undefined) throw new Error('the build has no service worker');
      const shell = JSON.stringify(['/', ...[...files].map(file => `/${file}`)]);
      worker.code = worker.code.replace(PLACE, () => shell);
    },
  };
}
