import { partsOf } from './text-parts.ts';

/** A post's text with its mentions and addresses as links, in whichever direction it is written. */
export function RichText({ text }: { readonly text: string }) {
  return (
    <>
      {partsOf(text).map(part => {
        if (part.kind === 'words') return part.text;
        if (part.kind === 'mention') return <a href={`/@${part.handle}`}>{part.text}</a>;
        return (
          <a href={part.href} target="_blank" rel="noopener noreferrer nofollow" dir="ltr">
            {part.text}
          </a>
        );
      })}
    </>
  );
}
