import type { AmrdefFaultCode } from '../../formats/amrdef/faults.js';
import type { RuleText } from './rule.js';

/** Rules about readings and their control totals. */
export const AMRDEF_READ_RULES = {
  'amrdef/bad-timestamp': {
    severity: 'error',
    title: 'Not a real time of the form YYYY-MM-DD HH:MM:SS',
    wrong:
      'A time is cut off, has other characters, or names a day or hour that does not exist. 24:00:00 is midnight. Of a time that no read needs (CollectionTime, Clock, LoadProfileSummary) it is a warning.',
    why: 'It is not known when the value was measured.',
    mend: 'Write the local standard time of the meter in this form.',
    clause: 'AMRDEF: times',
    example: '<Reading TimeStamp="2026-13-20 01:00:00" RawReading="1.25"/>',
    alwaysError: true,
  },
  'amrdef/bad-number': {
    severity: 'error',
    title: 'Not a number, out of bounds, or of too many decimals',
    wrong:
      'A value is no decimal number or beyond +/-9999999999.99999. More than five decimals are rounded half up to five, which is a warning; so is a Multiplier that is not applied.',
    why: 'The value cannot be carried as it is.',
    mend: 'Write a decimal number with a point.',
    clause: 'AMRDEF: RawReading and Value; values of CMEP v1.20',
    example: '<Reading TimeStamp="2026-11-20 01:00:00" RawReading="1,25"/>',
    alwaysError: true,
  },
  'amrdef/bad-interval': {
    severity: 'error',
    title: 'Not a length of interval that divides the hour or the day',
    wrong:
      'IntervalSpec@Interval is not a number of minutes that divides the hour or, in whole hours, the day.',
    why: 'The readings have no grid to lie on.',
    mend: 'Write the length in minutes (IntervalSeconds is in seconds).',
    clause: 'AMRDEF: Interval is in minutes',
    example: '<IntervalSpec UOM="kWh" Direction="Delivered" Interval="45" Channel="1"/>',
    alwaysError: true,
  },
  'amrdef/stamp-order': {
    severity: 'error',
    title: 'The time is not later than the one before',
    wrong:
      'A reading has the time of the one before it or an earlier one; or TimestampEnd is before TimestampStart.',
    why: 'One of the two times is wrong, and it is not known which.',
    mend: 'Write the readings in the order of their times, each once.',
    clause: 'AMRDEF: the readings of a channel follow each other',
    example:
      '<Reading TimeStamp="2026-11-20 02:00:00" RawReading="1"/><Reading TimeStamp="2026-11-20 01:00:00" RawReading="1"/>',
    alwaysError: true,
  },
  'amrdef/stamp-outside-range': {
    severity: 'error',
    title: 'The time lies outside of the range that the spec gives',
    wrong: 'A reading is before TimestampStart or after TimestampEnd of its IntervalSpec.',
    why: 'The reading or the range is wrong; a wrong clock shows like this.',
    mend: 'Look at the clock of the meter, and export it again.',
    clause: 'AMRDEF: TimestampStart and TimestampEnd are the first and the last stamp',
    example:
      '<IntervalSpec TimestampStart="2026-11-20 01:00:00" TimestampEnd="2026-11-20 02:00:00" .../><Reading TimeStamp="2026-11-21 01:00:00" RawReading="1"/>',
  },
  'amrdef/stamp-gap': {
    severity: 'warning',
    title: 'Intervals are missing',
    wrong:
      'The step between two readings is longer than the interval, or readings are missing after TimestampStart or before TimestampEnd.',
    why: 'An interval that was not read is simply absent; it will be estimated.',
    mend: 'Read the meter again where that can still bring them.',
    clause: 'AMRDEF: the grid is TimestampStart, TimestampEnd and Interval',
    example:
      '<Reading TimeStamp="2026-11-20 01:00:00" RawReading="1"/><Reading TimeStamp="2026-11-20 03:00:00" RawReading="1"/>',
  },
  'amrdef/stamp-not-aligned': {
    severity: 'warning',
    title: 'The time lies off the grid of the interval',
    wrong: 'The time of an interval is no multiple of its length, or has seconds (which are left out).',
    why: 'The reading fits no slot of its day; a run rejects it.',
    mend: 'Look at the clock of the meter.',
    clause: 'AMRDEF: a stamp is the end of its interval',
    example: '<Reading TimeStamp="2026-11-20 01:07:00" RawReading="1"/>',
  },
  'amrdef/stamp-in-future': {
    severity: 'error',
    title: 'The time lies in the future',
    wrong:
      'A reading is later than the clock of this machine, or of --now, by more than futureToleranceMinutes.',
    why: 'It has not been measured.',
    mend: 'Look at the clock of the meter, and at TimeZoneOffset.',
    clause: 'readmill: 60 minutes unless the profile says otherwise',
    example: '<Reading TimeStamp="2999-11-20 01:00:00" RawReading="1"/>',
  },
  'amrdef/interval-count-mismatch': {
    severity: 'error',
    title: 'NumIntervalsRead differs from the readings that are there',
    wrong: 'The summary of a channel counts another number of intervals than its IntervalData holds.',
    why: 'Readings were lost, or doubled, between head end and here.',
    mend: 'Export the meter again.',
    clause: 'AMRDEF: control totals of LoadProfileSummary',
    example: '<Channel UOM="kWh" Direction="Delivered" NumIntervalsRead="24" .../> and 23 readings',
  },
  'amrdef/interval-sum-mismatch': {
    severity: 'error',
    title: 'SumOfIntervalValues differs from the sum of the readings',
    wrong:
      'The summary of a channel and its readings differ by one unit of the last digit that the summary prints, or more.',
    why: 'A value was changed, or readings were lost, between head end and here.',
    mend: 'Export the meter again.',
    clause: 'AMRDEF: control totals of LoadProfileSummary, printed with fewer digits',
    example: '<Channel UOM="kWh" Direction="Delivered" SumOfIntervalValues="30.5" .../> and readings of 31.2',
  },
  'amrdef/register-tier-mismatch': {
    severity: 'warning',
    title: 'The tiers of a register do not add up to its total',
    wrong:
      'TierA to TierD of a register differ from its Total of the same time by more than rounding can do.',
    why: 'One of them is wrong, or belongs to another time.',
    mend: 'Look at the time-of-use registers of the meter.',
    clause: 'AMRDEF: TouBucket',
    example: 'TierA 100, TierB 50, Total 160',
  },
  'amrdef/register-sum-mismatch': {
    severity: 'warning',
    title: 'Register advance and the sum of the intervals disagree',
    wrong:
      'Between two readings of a register in one MeterReadings the intervals do not add up to what the register advanced, by more than registerTolerance of the profile.',
    why: 'Intervals are wrong, or the multiplier is.',
    mend: 'Look at the multiplier of the meter.',
    clause: 'readmill: the sum check of validation, over one MeterReadings',
    example: 'a register of 1000 and then 1050, and intervals of 30 between',
  },
  'amrdef/unknown-quality-flag': {
    severity: 'error',
    title: 'A quality flag that AMRDEF does not have',
    wrong: 'QualityFlags has an attribute that is no flag, or a flag with another value than 1 or 0.',
    why: 'It may say that the value is of no use.',
    mend: 'Correct the name, or ask for what it means.',
    clause: 'AMRDEF: QualityFlags',
    example: '<QualityFlags PulseOverflw="1"/>',
    alwaysError: true,
  },
} satisfies Partial<Record<AmrdefFaultCode, RuleText>>;
