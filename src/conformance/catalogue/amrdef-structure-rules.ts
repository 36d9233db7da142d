import type { AmrdefFaultCode } from '../../formats/amrdef/faults.js';
import type { RuleText } from './rule.js';

/** Rules about the document: whether it can be read, and what it is made of. */
export const AMRDEF_STRUCTURE_RULES = {
  'amrdef/not-well-formed': {
    severity: 'error',
    title: 'XML that is not well formed: nothing after this place is read',
    wrong:
      'The file breaks a rule of XML 1.0, is not UTF-8, has a CDATA section, or is beyond a limit of size or depth. What was whole before the place is kept; the rest goes to the quarantine.',
    why: 'Where one tag cannot be read, it cannot be told what the next one belongs to. Mostly the file was cut off on its way.',
    mend: 'Send the whole file again. Let the head end write XML by a library and not by putting texts together.',
    clause: 'XML 1.0 (fifth edition); limits: docs/limits.md',
    example: '<Reading TimeStamp="2026-11-20 01:00:00" RawReading="1.25"></Readin>',
    alwaysError: true,
  },
  'amrdef/doctype': {
    severity: 'error',
    title: 'A DOCTYPE or entity declaration: the file is refused',
    wrong: 'The file declares a document type or entities. Nothing of it is expanded or read.',
    why: 'AMRDEF has none. Entities can make a small file grow without end, or read other files.',
    mend: 'Send the file without it.',
    clause: 'readmill: AMRDEF as EnergyAxis writes it has no DOCTYPE',
    example: '<!DOCTYPE AMRDEF [<!ENTITY a "aaaa">]>',
    alwaysError: true,
  },
  'amrdef/unknown-element': {
    severity: 'warning',
    title: 'An element that AMRDEF does not have there, or text between elements',
    wrong:
      'The element is not known, or stands in another one than it should. It is passed over with all that is in it; where it holds readings, it goes to the quarantine. Text between elements is passed over too.',
    why: 'A new release of the head end may write more than is known here; a misspelt element loses its readings.',
    mend: 'Correct the name or the place.',
    clause: 'AMRDEF: the elements and where they stand',
    example: '<MeterReadings><IntervallData></IntervallData></MeterReadings>',
  },
  'amrdef/unknown-attribute': {
    severity: 'warning',
    title: 'An attribute that AMRDEF does not have there',
    wrong: 'The element has an attribute that is not known. It is passed over.',
    why: 'Its meaning is not known; a misspelt name makes another attribute missing.',
    mend: 'Correct the name.',
    clause: 'AMRDEF: the attributes of each element',
    example: '<Clock Metertime="2026-11-20 01:00:00"/>',
  },
  'amrdef/missing-attribute': {
    severity: 'error',
    title: 'Something is missing that a read needs',
    wrong:
      'A Reading without TimeStamp, or without RawReading or Value; a spec without UOM, Direction or Interval, or no spec before the readings; a MeterReadings without a meter id, or with one that cannot stand in field 8 of CMEP (over 12 characters, a comma, a quote, not ASCII).',
    why: 'A value without its time, unit or meter is no read.',
    mend: 'Let the head end write it. Which attribute names the meter is a setting (meterIdAttribute); so is the length that the receiver takes (fieldBytes, up to 64).',
    clause: 'AMRDEF: Reading, IntervalSpec, ConsumptionSpec, Meter',
    example: '<Reading TimeStamp="2026-11-20 01:00:00"/>',
    alwaysError: true,
  },
  'amrdef/version': {
    severity: 'info',
    title: 'The version is not 7.x',
    wrong: 'AMRDEF@version is another than 7 and something, or is missing.',
    why: 'Other versions may mean something else by the same names.',
    mend: 'Nothing, where the readings look right.',
    clause: 'AMRDEF as MAS 7.5 writes it',
    example: '<AMRDEF Purpose="AMRDataRequest" version="8.0" CreationTime="2026-11-21 00:30:00">',
  },
  'amrdef/unknown-uom': {
    severity: 'warning',
    title: 'A unit or direction whose readings are left out',
    wrong:
      'UOM or Direction is not one of AMRDEF: its readings go to the quarantine. Of a unit that AMRDEF has and CMEP has not (kQh, PowerFactor, m3 ...) the readings are passed over, which is information.',
    why: 'A value whose unit is not known cannot be billed.',
    mend: 'Correct the unit.',
    clause: 'AMRDEF: UOM; units of CMEP v1.20',
    example: '<IntervalSpec UOM="kwh" Direction="Delivered" Interval="60" Channel="1"/>',
  },
  'amrdef/meter-not-read': {
    severity: 'info',
    title: 'The head end lists the meter as not read',
    wrong: 'The meter stands under MetersNotRead of a scheduled export.',
    why: 'Its reads of this night are missing here; they may come later.',
    mend: 'Read the meter again, or look after it.',
    clause: 'AMRDEF: ScheduleExecution',
    example: '<MetersNotRead><Meter SerialNumber="M1"/></MetersNotRead>',
  },
  'amrdef/clock-drift': {
    severity: 'warning',
    title: "The meter's clock and the server's are apart",
    wrong: 'Clock@MeterTime and Clock@ServerTime differ by more than clockDriftSeconds of the profile.',
    why: 'The time of every interval is off by as much.',
    mend: 'Set the clock of the meter.',
    clause: 'readmill: 180 seconds unless the profile says otherwise',
    example: '<Clock MeterTime="2026-11-20 01:00:00" ServerTime="2026-11-20 01:10:00"/>',
  },
} satisfies Partial<Record<AmrdefFaultCode, RuleText>>;
