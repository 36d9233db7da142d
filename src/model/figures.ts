/** How the run report writes its numbers, in the terminal and on the page. */

/** `1,234,567`. (`Intl` would take longer to start than all that a night prints.) */
export function formatCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 file`, `1,234 files`. */
export function formatNumberOf(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

const SIZE_STEPS: readonly (readonly [number, string])[] = [
  [1e9, 'GB'],
  [1e6, 'MB'],
  [1e3, 'kB'],
];

/** `47.3 MB` (of a million bytes), `812 bytes`. */
export function formatSize(sizeBytes: number): string {
  const step = SIZE_STEPS.find(([bytes]) => sizeBytes >= bytes);
  return step ? `${(sizeBytes / step[0]).toFixed(1)} ${step[1]}` : formatNumberOf(sizeBytes, 'byte');
}

/** `12.3 s`; two decimals below ten seconds. */
export function formatSeconds(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(2)} s`;
  const [whole, tenths] = seconds.toFixed(1).split('.');
  return `${formatCount(Number(whole))}.${tenths} s`;
}

/** Reads received in a second, or null where no time passed. */
export function readsPerSecond(reads: number, seconds: number): number | null {
  return seconds > 0 ? Math.round(reads / seconds) : null;
}

/** Far below one slot in the largest night, far above the noise of a double. */
const PERCENT_NOISE = 1e-9;

/** `97.99 %`: two decimals, rounded down, so that a figure below its target never looks like the target. */
export function formatReachedPercent(percent: number): string {
  return `${(Math.floor(percent * 100 + PERCENT_NOISE) / 100).toFixed(2)} %`;
}

/** `98.0 %`. */
export function formatTargetPercent(percent: number): string {
  return `${percent.toFixed(1)} %`;
}

/** Share of a whole: `0 %` and `100 %` only where it is none or all, else `0.01 %` to `99.99 %`. */
export function formatShare(part: number, whole: number): string {
  if (whole === 0) return '–';
  if (part === 0) return '0 %';
  if (part === whole) return '100 %';
  return `${Math.min(99.99, Math.max(0.01, (part / whole) * 100)).toFixed(2)} %`;
}
