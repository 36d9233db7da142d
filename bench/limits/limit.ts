/** A bound on what input, configuration or time can drive. Its value stands in the source alone. */
export interface Limit {
  /** Constant of the file. */
  name: string;
  file: string;
  /** What the value counts, as it goes on behind the number. */
  says: string;
  /** What happens beyond it. */
  beyond: string;
  /** Test that goes to the limit and beyond it. */
  test?: string;
  /** Of a limit on which only the pace hangs: test that the result is the same on both sides. */
  sameAs?: string;
}

/** A table of limits with its heading and the text around it. */
export interface LimitSection {
  heading?: string;
  text?: string;
  limits: readonly Limit[];
  after?: string;
}
