/** Violations of one kind that are told in full. */
const TOLD_MAX = 5;

/** Gathers what an auditor found, of each kind the first ones. */
export class Told {
  readonly list: string[] = [];
  private readonly counts = new Map<string, number>();

  tell(kind: string, detail: string): void {
    const count = (this.counts.get(kind) ?? 0) + 1;
    this.counts.set(kind, count);
    if (count <= TOLD_MAX) this.list.push(`${kind}: ${detail}`);
  }

  equal(kind: string, actual: unknown, expected: unknown): void {
    if (actual !== expected) this.tell(kind, `${actual}, not ${expected}`);
  }
}
