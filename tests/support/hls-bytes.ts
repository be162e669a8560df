import { Refusal } from '#contract/errors.ts';
import { type HlsAnswer, type HlsOutcome, Pending } from '#live/index.ts';

/** All bytes of an answer, waited for and read from the store where they are there. Throws the refusal. */
export async function hlsBytes(answer: HlsAnswer): Promise<Buffer> {
  const outcome: HlsOutcome =
    answer instanceof Pending ? await new Promise(resolve => answer.onSettled(resolve)) : answer;
  if (outcome instanceof Refusal) throw outcome;
  if (outcome.type !== 'stored') return Buffer.concat(outcome.chunks);
  const blocks: Uint8Array[] = [];
  for (let at = 0; at < outcome.length; at += blocks.at(-1)!.length) {
    const bytes = await outcome.read(at, outcome.length);
    if (bytes.length === 0) throw new Refusal('not-found', 'A piece of the recording is missing.');
    blocks.push(bytes);
  }
  return Buffer.concat(blocks);
}
