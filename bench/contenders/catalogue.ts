import type { OpenContender } from './contender.js';

/** Somebody who reads a file of one format and adds up its values. */
export interface Contender {
  name: string;
  title: string;
  threads: number;
  /** Whether the sum is exact, or one of doubles. */
  isExact: boolean;
  /** Loads what it needs: a process that runs one contender pays for no other. */
  open(): Promise<OpenContender>;
}

const DUCKDB_THREADS = 2;

export const CONTENDERS: readonly Contender[] = [
  {
    name: 'csv-parse',
    title: 'csv-parse, stream',
    threads: 1,
    isExact: false,
    open: async () => (await import('./csv-parse.js')).openCsvParse(),
  },
  {
    name: 'papaparse',
    title: 'Papa Parse, by chunks',
    threads: 1,
    isExact: false,
    open: async () => (await import('./papaparse.js')).openPapaparse(),
  },
  {
    name: 'udsv',
    title: 'uDSV, lines sorted by width first',
    threads: 1,
    isExact: false,
    open: async () => (await import('./udsv.js')).openUdsv(),
  },
  {
    name: 'duckdb-split',
    title: 'DuckDB, lines split by the query',
    threads: DUCKDB_THREADS,
    isExact: false,
    open: async () => (await import('./duckdb.js')).openDuckDB('split', DUCKDB_THREADS),
  },
  {
    name: 'duckdb-double',
    title: 'DuckDB, 86 columns, values DOUBLE',
    threads: DUCKDB_THREADS,
    isExact: false,
    open: async () => (await import('./duckdb.js')).openDuckDB('double', DUCKDB_THREADS),
  },
  {
    name: 'duckdb-decimal',
    title: 'DuckDB, 86 columns, values DECIMAL(15,5)',
    threads: DUCKDB_THREADS,
    isExact: true,
    open: async () => (await import('./duckdb.js')).openDuckDB('decimal', DUCKDB_THREADS),
  },
  {
    name: 'readmill-1',
    title: '**readmill scan, 1 worker**',
    threads: 1,
    isExact: true,
    open: async () => (await import('./readmill-scan.js')).openReadmillScan(1, 'cmep'),
  },
  {
    name: 'readmill-2',
    title: '**readmill scan, 2 workers**',
    threads: 2,
    isExact: true,
    open: async () => (await import('./readmill-scan.js')).openReadmillScan(2, 'cmep'),
  },
  {
    name: 'saxes',
    title: 'saxes, by pieces of text',
    threads: 1,
    isExact: false,
    open: async () => (await import('./saxes.js')).openSaxes(),
  },
  {
    name: 'readmill-amrdef-1',
    title: '**readmill scan, 1 worker**',
    threads: 1,
    isExact: true,
    open: async () => (await import('./readmill-scan.js')).openReadmillScan(1, 'amrdef'),
  },
  {
    name: 'readmill-amrdef-2',
    title: '**readmill scan, 2 workers**',
    threads: 2,
    isExact: true,
    open: async () => (await import('./readmill-scan.js')).openReadmillScan(2, 'amrdef'),
  },
];

export const SLOW_PARSERS = ['csv-parse', 'papaparse', 'udsv'];
export const DUCKDB_WAYS = ['duckdb-split', 'duckdb-double', 'duckdb-decimal'];
export const READMILL_SCANS = ['readmill-1', 'readmill-2'];

export const AMRDEF_SCANS = ['readmill-amrdef-1', 'readmill-amrdef-2'];

export function contenderNamed(name: string): Contender {
  return CONTENDERS.find((contender) => contender.name === name)!;
}
