/** A piece of a post's text: words, a mention of somebody, or an address. */
export type TextPart =
  | { readonly kind: 'words'; readonly text: string }
  | { readonly kind: 'mention'; readonly text: string; readonly handle: string }
  | { readonly kind: 'link'; readonly text: string; readonly href: string };

const LINK_SHOWN_MAX = 40;
/** A mention does not start inside a word: an email address is not one. */
const special = /(?<![\p{L}\p{N}_@/])@(?<handle>[a-z0-9_]{2,30})(?![\p{L}\p{N}_@])|https?:\/\/[^\s<>"]+/giu;

/** Splits a text where it mentions somebody or names a web address. */
export function partsOf(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const found of text.matchAll(special)) {
    const part = partFrom(found);
    if (!part) continue;
    if (found.index > end) parts.push({ kind: 'words', text: text.slice(end, found.index) });
    parts.push(part.part);
    end = found.index + part.length;
  }
  if (end < text.length) parts.push({ kind: 'words', text: text.slice(end) });
  return parts;
}

function partFrom(found: RegExpExecArray): { part: TextPart; length: number } | null {
  const handle = found.groups?.handle;
  if (handle) {
    return {
      part: { kind: 'mention', text: found[0], handle: handle.toLowerCase() },
      length: found[0].length,
    };
  }
  const address = withoutTail(found[0]);
  if (!URL.canParse(address)) return null;
  return { part: { kind: 'link', text: shownAddress(address), href: address }, length: address.length };
}

/** A full stop or a bracket behind an address belongs to the sentence, unless the address opened the bracket. */
function withoutTail(address: string): string {
  const trimmed = address.replace(/[.,;:!?'»”]+$/u, '');
  return trimmed.endsWith(')') && !trimmed.includes('(') ? withoutTail(trimmed.slice(0, -1)) : trimmed;
}

function shownAddress(address: string): string {
  const bare = address.replace(/^https?:\/\/(www\.)?/i, '').replace(/\/$/, '');
  return bare.length > LINK_SHOWN_MAX ? `${bare.slice(0, LINK_SHOWN_MAX - 1)}…` : bare;
}
