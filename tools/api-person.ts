/** Somebody who uses the API with a cookie, as a page does. */
export interface ApiPerson {
  readonly handle: string;
  readonly cookie: string;
  call<T>(verb: string, path: string, body?: unknown): Promise<T>;
}

export interface NewPerson {
  readonly handle: string;
  readonly password: string;
  readonly displayName?: string;
  readonly firstAccountCode?: string;
}

/** Creates an account over the API. */
export async function registerPerson(origin: string, person: NewPerson): Promise<ApiPerson> {
  const account = { ...person, email: `${person.handle}@example.org` };
  const created = await send(origin, '', 'POST', '/api/v1/accounts', account);
  const cookie = created.headers
    .getSetCookie()
    .map(line => line.split(';')[0])
    .join('; ');
  return {
    handle: person.handle,
    cookie,
    async call<T>(verb: string, path: string, body?: unknown): Promise<T> {
      const response = await send(origin, cookie, verb, path, body);
      return (response.status === 204 ? undefined : await response.json()) as T;
    },
  };
}

async function send(
  origin: string,
  cookie: string,
  verb: string,
  path: string,
  body?: unknown,
): Promise<Response> {
  const response = await fetch(origin + path, {
    method: verb,
    headers: { origin, cookie, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    body: body === undefined ? null : JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${verb} ${path}: ${response.status} ${await response.text()}`);
  return response;
}
