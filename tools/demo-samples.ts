import type { CreatedBroadcast } from '#contract/api/broadcasts.ts';
import type { Post } from '#contract/api/types.ts';
import { type ApiPerson, registerPerson } from './api-person.ts';

export const samplePassword = 'larks at dawn';

const people = [
  { handle: 'mira', displayName: 'Mira Okafor', bio: 'Field recordist. Up before the birds.' },
  { handle: 'tomas', displayName: 'Tomás Rivera', bio: 'Runs the harbour radio.' },
  { handle: 'ines', displayName: 'Inês Duarte', bio: 'Photographs weather.' },
  { handle: 'kofi', displayName: 'Kofi Mensah', bio: 'Sunday league referee, weekday baker.' },
] as const;

const posts: [string, string][] = [
  ['kofi', 'Sourdough is out at six. The first ten loaves have a lark stamped on them.'],
  ['ines', 'Fog rolled in over the breakwater at 5:40 and was gone by six. You had to be there.'],
  ['tomas', 'Harbour radio is back on the air after the storm. Thank you to everybody who held a ladder.'],
  ['mira', 'Going out to the marsh tonight. If the wind drops I will go live at first light.'],
  ['ines', 'Does anybody have a spare tripod for Saturday’s final?'],
  ['kofi', 'Saturday’s final kicks off at three. I will be the one in the wrong shoes.'],
];

/** Fills an empty server through its own API, as people would; returns a broadcast that waits for its publisher. */
export async function fillWithSamples(origin: string): Promise<CreatedBroadcast> {
  const byHandle = new Map<string, ApiPerson>();
  for (const person of people) byHandle.set(person.handle, await signUp(origin, person));
  for (const [handle, person] of byHandle)
    for (const other of byHandle.keys())
      if (other !== handle) await person.call('PUT', `/api/v1/accounts/${other}/follow`);
  const written: Post[] = [];
  for (const [handle, text] of posts) {
    const post = await byHandle.get(handle)!.call<Post>('POST', '/api/v1/posts', { text });
    for (const [other, person] of byHandle)
      if (other !== handle && (written.length + other.length) % 2 === 0)
        await person.call('PUT', `/api/v1/posts/${post.id}/like`);
    written.push(post);
  }
  const question = written[4]!;
  await byHandle.get('tomas')!.call('POST', '/api/v1/posts', {
    text: 'There is one in the radio’s store room. Come by after nine.',
    replyToId: question.id,
  });
  return byHandle.get('mira')!.call<CreatedBroadcast>('POST', '/api/v1/broadcasts', {
    title: 'First light over the marsh',
  });
}

async function signUp(origin: string, { bio, ...person }: (typeof people)[number]): Promise<ApiPerson> {
  const registered = await registerPerson(origin, { ...person, password: samplePassword });
  await registered.call('PATCH', `/api/v1/accounts/${person.handle}`, { bio });
  return registered;
}
