interface Route {
  readonly verb: string;
  readonly pattern: RegExp;
}

/** What is mounted where, so that a wrong verb at a right address can be told from a wrong address. */
export class RouteTable {
  readonly #routes: Route[] = [];

  /** `url` as Fastify writes it, with `:name`. Wildcards are left out: they say nothing about one address. */
  add(verbs: string | readonly string[], url: string): void {
    if (url.includes('*')) return;
    const pattern = new RegExp(`^${url.split('/').map(segmentPattern).join('/')}/?$`);
    for (const verb of [verbs].flat()) this.#routes.push({ verb, pattern });
  }

  verbsOf(path: string): string[] {
    return [
      ...new Set(this.#routes.filter(route => route.pattern.test(path)).map(route => route.verb)),
    ].sort();
  }
}

function segmentPattern(segment: string): string {
  return segment.startsWith(':') ? '[^/]+' : segment.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
