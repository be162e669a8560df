import { LOOPBACK, Networks } from '#base/address.ts';
import { Callers } from '#base/callers.ts';

/** As the server has it when nothing is configured. */
export function testCallers(): Callers {
  return new Callers(Networks.parse(LOOPBACK)!);
}
