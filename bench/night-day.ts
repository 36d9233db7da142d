import { dayNumber, EST_OFFSET_MINUTES, readDayStart } from '../src/model/time.js';

/** The read day of all generated data, and the reference clock of the runs: an hour after its files were made. */
export const READ_DAY = dayNumber(2026, 3, 1);
export const NOW_STAMP = readDayStart(READ_DAY + 1, EST_OFFSET_MINUTES) + 90;
export const NOW_ISO = new Date(NOW_STAMP * 60_000).toISOString();
