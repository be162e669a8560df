const ANNOUNCE_KEY = 'skylark.announce';

/** What was chosen the last time. */
export function recallAnnounce(): boolean {
  try {
    return localStorage.getItem(ANNOUNCE_KEY) !== 'no';
  } catch {
    return true;
  }
}

export function storeAnnounce(announce: boolean): void {
  try {
    localStorage.setItem(ANNOUNCE_KEY, announce ? 'yes' : 'no');
  } catch {
    // Storage is closed to us: the choice holds for this broadcast.
  }
}
