import { Fault } from '#base/fault.ts';

/** What blobs and journals throw when there is no room left. It may pass; trying again at once is of no use. */
export class StorageFull extends Fault {}
