import { type ServerProcess, startServerProcess } from './server-process.ts';
import { freeTcpPort } from './tcp.ts';
import { until } from './until.ts';

/** What a process holds, in MB, after its garbage was collected. */
export interface Memory {
  readonly rssMb: number;
  readonly heapMb: number;
  /** Buffers outside of the heap. */
  readonly buffersMb: number;
}

export interface InspectedServer extends ServerProcess {
  memory(): Promise<Memory>;
}

/** A server in a process of its own, whose memory can be looked at by Node's inspector. */
export async function startInspectedServer(): Promise<InspectedServer> {
  const port = await freeTcpPort();
  const server = await startServerProcess({
    NODE_OPTIONS: `--inspect=127.0.0.1:${port} --inspect-publish-uid=http`,
  });
  const inspector = await Inspector.connect(port);
  return {
    ...server,
    memory: () => inspector.memory(),
    async close() {
      inspector.close();
      await server.close();
    },
  };
}

class Inspector {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, PromiseWithResolvers<{ result?: { value?: string } }>>();
  #id = 0;

  static async connect(port: number): Promise<Inspector> {
    const targets = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as {
      webSocketDebuggerUrl: string;
    }[];
    const inspector = new Inspector(new WebSocket(targets[0]!.webSocketDebuggerUrl));
    await until('the inspector answers', () => inspector.#socket.readyState === WebSocket.OPEN);
    return inspector;
  }

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      const { id, result } = JSON.parse(data as string);
      this.#waiting.get(id)?.resolve(result);
      this.#waiting.delete(id);
    });
    socket.addEventListener('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the inspected process is gone'));
    });
  }

  async memory(): Promise<Memory> {
    await this.#ask('HeapProfiler.collectGarbage');
    const { result } = await this.#ask('Runtime.evaluate', {
      expression: 'JSON.stringify(process.memoryUsage())',
      returnByValue: true,
    });
    const { rss, heapUsed, external } = JSON.parse(result!.value!) as NodeJS.MemoryUsage;
    return { rssMb: inMb(rss), heapMb: inMb(heapUsed), buffersMb: inMb(external) };
  }

  close(): void {
    this.#socket.close();
  }

  #ask(method: string, params: object = {}): Promise<{ result?: { value?: string } }> {
    const id = ++this.#id;
    const answer = Promise.withResolvers<{ result?: { value?: string } }>();
    this.#waiting.set(id, answer);
    this.#socket.send(JSON.stringify({ id, method, params }));
    return answer.promise;
  }
}

const inMb = (bytes: number) => Math.round((bytes / 2 ** 20) * 10) / 10;
