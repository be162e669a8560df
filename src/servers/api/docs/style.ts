/** The documentation's looks, served beside it. */
export const docsStyle = `:root { color-scheme: light dark; --line: #8884; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem; }
h2 { border-top: 1px solid var(--line); font-size: 1.1rem; margin-top: 2rem; padding-top: 1rem; }
h3 { font-size: 1rem; margin: 1rem 0 0; }
nav ul { columns: 2 20rem; list-style: none; padding: 0; }
pre { border: 1px solid var(--line); border-radius: 8px; overflow-x: auto; padding: 0.75rem; }
code, pre { font-family: ui-monospace, monospace; font-size: 0.9em; }
section:target { outline: 2px solid currentColor; outline-offset: 8px; border-radius: 4px; }
.codes { overflow-wrap: anywhere; }
`;
