export interface NewBroadcast {
  readonly id: string;
  readonly postId: string;
  readonly whipUrl: string;
  readonly publishToken: string;
  end(): Promise<void>;
}

/** A new person of this handle makes a broadcast over the API of the server at `url`. */
export async function newBroadcast(url: string, handle: string): Promise<NewBroadcast> {
  const account = { handle, email: `${handle}@example.org`, password: 'a lark in the morning' };
  const response = await post(`${url}/api/v1/accounts`, account, {});
  const cookie = response.headers
    .getSetCookie()
    .map(line => line.split(';')[0])
    .join('; ');
  const broadcasts = `${url}/api/v1/broadcasts`;
  const headers = { cookie, origin: url };
  const made = (await (await post(broadcasts, { title: 'Bench' }, headers)).json()) as {
    id: string;
    postId: string;
    whipUrl: string;
    publishToken: string;
  };
  return {
    ...made,
    whipUrl: new URL(made.whipUrl, url).href,
    end: async () => void (await post(`${broadcasts}/${made.id}/end`, {}, headers)),
  };
}

async function post(url: string, body: object, headers: Record<string, string>): Promise<Response> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return response;
}
