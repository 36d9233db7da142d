/** Told how far a run has come; the command line draws it, a service may publish it. */
export interface Progress {
  /** A new stretch of work begins: its name, and how much of what there is to do. */
  begin(step: string, total: number, unit: string): void;
  advance(amount: number): void;
  end(): void;
}

export const SILENT: Progress = {
  begin: () => undefined,
  advance: () => undefined,
  end: () => undefined,
};
