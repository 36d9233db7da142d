/** What the preload module is to do; given to the program as JSON in READMILL_FAULT. */
export interface FaultOrder {
  kind: 'kill' | 'full' | 'error' | 'rights' | 'short' | 'alter' | 'clock' | 'count';
  /** Folder: calls on paths outside it are left alone. */
  under: string;
  /** Number of the call, or the byte, from 0. */
  at: number;
  when?: 'before' | 'after';
  class?: 'open' | 'read' | 'write' | 'sync' | 'change' | 'look';
  errno?: string;
  path?: string;
  how?: 'truncate' | 'append' | 'flip' | 'replace' | 'remove';
  skewMs?: number;
  /** File that calls and bytes are written to when the program ends by itself. */
  countFile?: string;
}
