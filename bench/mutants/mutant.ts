import type { PromiseName } from './promises.js';

/** A defect that somebody might make, and the test that must notice it. */
export interface Mutant {
  /** What is wrong, as a person would say it; names it in tables and for `--only`. */
  name: string;
  promise: PromiseName;
  file: string;
  /** Stands in the file once. */
  find: string;
  replace: string;
  test: string;
  /** Only the tests whose names hold this. */
  title?: string;
}
