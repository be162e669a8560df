import { Fault } from '#base/fault.ts';

/** What the database throws when another program holds it for longer than it waits. It may pass. */
export class DatabaseLocked extends Fault {}
