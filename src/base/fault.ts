/** An outside failure (disk, database, network, codec) with its cause. Retried by exactly one named layer. */
export class Fault extends Error {
  override readonly name = 'Fault';

  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
  }
}
