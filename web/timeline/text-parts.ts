import { addressLength } from './address.ts';

/** A piece of a post's text: words, a mention of somebody, or an address. */
export type TextPart =
  | { readonly kind: 'words'; readonly text: string }
  | { readonly kind: 'mention'; readonly text: string; readonly handle: string }
  | { readonly kind: 'link'; readonly text: string; readonly href: string };

const LINK_SHOWN_MAX = 40;
/**
 * A mention does not start inside a word: an email address is not one. Scripts that write no spaces between words may stand right
 * before it, and letters that no handle has right behind it: 「こんにちは@miraさん」 mentions @mira, "@josé" nobody.
 */
const special =
  /(?:(?<![\p{L}\p{N}_@/])|(?<=[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}]))@(?<handle>[a-z0-9_]{2,30})(?![\p{sc=Latin}\p{M}\p{N}_@])|https?:\/\//giu;

/** Splits a text where it mentions somebody or names a web address. */
export function partsOf(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  let readTo = 0;
  for (const found of text.matchAll(special)) {
    if (found.index < readTo) continue;
    const { part, length } = partFrom(found, text);
    readTo = found.index + length;
    if (!part) continue;
    if (found.index > end) parts.push({ kind: 'words', text: text.slice(end, found.index) });
    parts.push(part);
    end = readTo;
  }
  if (end < text.length) parts.push({ kind: 'words', text: text.slice(end) });
  return parts;
}

/** `part` is null where what was found is words after all. */
function partFrom(found: RegExpExecArray, text: string): { part: TextPart | null; length: number } {
  const handle = found.groups?.handle;
  if (handle) {
    return {
      part: { kind: 'mention', text: found[0], handle: handle.toLowerCase() },
      length: found[0].length,
    };
  }
  const length = addressLength(text, found.index + found[0].length) + found[0].length;
  const address = text.slice(found.index, found.index + length);
  if (!URL.canParse(address)) return { part: null, length };
  return { part: { kind: 'link', text: shownAddress(address), href: address }, length };
}

function shownAddress(address: string): string {
  const bare = address.replace(/^https?:\/\/(www\.)?/i, '').replace(/\/$/, '');
  return bare.length > LINK_SHOWN_MAX ? `${bare.slice(0, LINK_SHOWN_MAX - 1)}…` : bare;
}
