/** What the preload module is to do; given to the program as JSON in READMILL_FAULT. */
export interface FaultOrder {
  kind: 'kill' | 'full' | 'error' | 'rights' | 'short' | 'alter' | 'clock' | 'count';
  /** File in which is noted what is written, synced, renamed and removed: with it `losePower` takes away what is not on the disk. */
  journal?: string;
  /** What the program takes for the system's boot: after a loss of power it is another one. */
  bootId?: string;
  /** Folder: calls on paths outside it are left alone. */
  under: string;
  /** Number of the call, or the byte, from 0. */
  at: number;
  when?: 'before' | 'after';
  /** Class of calls; of a kill, an error or a change: with `path`, `at` counts the calls of this class on it alone. */
  class?: 'open' | 'read' | 'write' | 'sync' | 'change' | 'look';
  errno?: string;
  path?: string;
  how?: 'truncate' | 'append' | 'flip' | 'rewrite' | 'replace' | 'remove';
  /** File that is changed, where it is not the one of the call. */
  target?: string;
  skewMs?: number;
  /** File that calls and bytes are written to when the program ends by itself. */
  countFile?: string;
  /** Orders of a program that lives long, one after the other; where none is on, the one that they stand in counts. */
  series?: readonly TimedOrder[];
}

/** An order that counts for a while. Times are milliseconds since the program began. */
export interface TimedOrder {
  fromMs: number;
  toMs: number;
  order: FaultOrder;
}
