/** Ends an address wherever it stands: spaces, what is not seen, quotes, pictures, and the punctuation of other scripts: 。、」؟। */
const ENDS =
  /[\s\p{Cc}\p{Cf}\p{Co}\p{Zs}<>"`|\\^]|(?!\p{ASCII})[\p{Po}\p{Ps}\p{Pe}\p{Pi}\p{Pf}]|\p{Extended_Pictographic}/u;
/** Of those, what titles have inside: Michelson’s, l·l, ドナルド・ダック. */
const INSIDE = /[’·・]/u;
/** Belongs to the sentence where an address ends with it. */
const TAIL = /[.,;:!?'*_~’·・–—-]/u;
const CLOSES: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };
const ASCII_WORD = /[a-z0-9]/i;

/**
 * How much of `text`, from just behind `https://`, is the address, as a reader would end it. Brackets that it opened it
 * may close; those of the sentence it may not. In one pass: hostile text costs no more than its length.
 */
export function addressLength(text: string, from: number): number {
  const open: string[] = [];
  let inHost = true;
  let label = '';
  let end = from;
  let at = from;
  for (const character of text.slice(from)) {
    if (ENDS.test(character) && !(INSIDE.test(character) && !inHost)) break;
    if (inHost) {
      if ('/?#'.includes(character)) inHost = false;
      else if (isBesideHost(label, character)) break;
      label = character === '.' ? '' : label + character;
    }
    const opener = CLOSES[character];
    if (opener !== undefined && open.pop() !== opener) break;
    if (character === '(' || character === '[' || character === '{') open.push(character);
    at += character.length;
    if (!TAIL.test(character)) end = at;
  }
  return end - from;
}

/** `example.orgを見て` is an address and a word: a name in Latin letters does not go on in another script. */
function isBesideHost(label: string, character: string): boolean {
  return (
    ASCII_WORD.test(label.at(-1) ?? '') &&
    /(?!\p{ASCII})\p{L}/u.test(character) &&
    !/\p{sc=Latin}/u.test(character)
  );
}
