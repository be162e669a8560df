import { methods } from '#contract/api/index.ts';
import type { MethodShape } from '#contract/api/method.ts';
import { type ErrorCode, type ErrorEntry, errors } from '#contract/errors.ts';
import { codesOf } from './openapi.ts';
import { shapeOf } from './shape.ts';

const authSentences = {
  none: 'Anybody may call it.',
  optional: 'Anybody may call it; somebody signed in gets more.',
  required: 'Only somebody who is signed in.',
} as const;

/** The API for people: every method with its shapes, and the error catalogue. */
export function docsPage(): string {
  const all = Object.values<MethodShape>(methods);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Skylark API</title>
<link rel="stylesheet" href="/api/docs/style.css">
</head>
<body>
<header>
<h1>Skylark API</h1>
<p>For programs: <a href="/api/openapi.json">openapi.json</a> (OpenAPI 3.1). Sign in for a cookie, or send a personal
access token as <code>Authorization: Bearer</code>. Lists are <code>{ items, nextCursor }</code>, times RFC 3339, ids
opaque strings that sort by time. Errors are <code>application/problem+json</code> (RFC 9457) with a <code>code</code>
of the <a href="#errors">catalogue</a>.</p>
</header>
<nav><ul>
${all.map(method => `<li><a href="#${method.name}"><b>${method.verb}</b> ${escapeHtml(method.path)}</a></li>`).join('\n')}
</ul></nav>
<main>
${all.map(methodSection).join('\n')}
<h2 id="errors">Errors</h2>
${Object.entries(errors).map(errorSection).join('\n')}
</main>
</body>
</html>
`;
}

function methodSection(method: MethodShape): string {
  return `<section id="${method.name}">
<h2><b>${method.verb}</b> <code>${escapeHtml(method.path)}</code></h2>
<p>${markup(method.summary)}. ${authSentences[method.auth]}</p>
${shapeBlock('Query', method.query)}${shapeBlock('Body', method.body)}${shapeBlock(`Reply ${method.status}`, method.reply)}
<p class="codes">Refusals: ${codesOf(method).map(errorLink).join(', ')}</p>
</section>`;
}

function shapeBlock(title: string, schema: object | undefined): string {
  return schema ? `<h3>${title}</h3>\n<pre>${escapeHtml(shapeOf(schema))}</pre>\n` : '';
}

function errorLink(code: ErrorCode): string {
  return `<a href="#error-${code}"><code>${code}</code></a>`;
}

function errorSection([code, entry]: [string, ErrorEntry]): string {
  return `<section id="error-${code}">
<h3><code>${code}</code> <small>${entry.status}</small></h3>
<p>${markup(entry.title)}. ${markup(entry.advice)}</p>
</section>`;
}

/** Text of the contract, with its backticks as code. */
const markup = (text: string): string => escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>');

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, character => entities[character]!);
