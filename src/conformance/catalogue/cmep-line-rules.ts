import type { CmepFaultCode } from '../../formats/cmep/faults.js';
import { exampleRecord } from './example-record.js';
import type { RuleText } from './rule.js';

/** Rules about the line as a whole: its type, end, length, characters and fields. */
export const CMEP_LINE_RULES = {
  'cmep/unknown-record-type': {
    severity: 'error',
    title: 'The line does not begin with a CMEP record type',
    wrong:
      'Field 1 is none of the record types of CMEP. A type of its own that a head end is known to write, such as MLA01 of Sensus, is a warning in the profile of that head end.',
    why: 'What the fields of such a line mean is not known, so none of its reads can be taken.',
    mend: 'Write one of the record types, or leave the line out. Where a vendor adds a type that carries no reads, list it in the profile (vendorRecordTypes).',
    clause: 'CMEP v1.20, record types',
    example: exampleRecord({ 1: 'MEPXX01' }),
  },
  'cmep/unsupported-record-type': {
    severity: 'info',
    title: 'A CMEP record type that carries no interval or register reads',
    wrong:
      'The record is administration, billing, loss factors, equipment or a reject notice. It is counted and not read. MEPMD02 (time of use) carries reads that are not carried on: there the finding is an error.',
    why: 'Nothing of the record reaches the output.',
    mend: 'Nothing is wrong where the record is meant for someone else. Send time-of-use totals as register reads in MEPMD01.',
    clause: 'CMEP v1.20, record types',
    example: 'MEPEC01,19970819,NORTH,,MDMR,,202611210600,M1,OK,E',
  },
  'cmep/line-too-long': {
    severity: 'error',
    title: 'The line is longer than 2,048 characters with its line end',
    wrong: 'The record, counted with CR LF, is longer than the protocol (or the profile) allows.',
    why: 'A receiver with a fixed buffer cuts the record off or refuses it. Most often a line end is missing and two records have run together.',
    mend: 'Look for a lost line end. Else split the reads over several records, each with the fields 1 to 14 again.',
    clause: 'CMEP v1.20, general rules: a record is at most 2,048 characters',
    example: `${exampleRecord({ 14: '90' })}, ... (2,310 characters)`,
  },
  'cmep/line-ending': {
    severity: 'warning',
    title: 'The line ends in LF or CR alone instead of CR LF',
    wrong: 'The record ends in one of the two characters, not in both.',
    why: 'The reads are taken. A receiver that looks for CR LF may take the whole file for one line. It often shows that a file was edited or moved as text.',
    mend: 'Write CR LF, and move the file in binary mode.',
    clause: 'CMEP v1.20, general rules: a record ends in CR LF',
    example: `${exampleRecord({})}<LF>`,
  },
  'cmep/missing-final-newline': {
    severity: 'warning',
    title: 'The last record has no line end',
    wrong: 'The file stops without CR LF after its last record.',
    why: 'The file may have been cut off, and with it the last digits of the last value, or further records.',
    mend: 'End every record with CR LF, the last one too. Compare the file with its original before it is sent again.',
    clause: 'CMEP v1.20, general rules: a record ends in CR LF',
    example: `${exampleRecord({})}<END>`,
  },
  'cmep/not-ascii': {
    severity: 'error',
    title: 'The line holds a byte that is not printable ASCII',
    wrong: 'A byte below 0x20 or above 0x7E stands in the record. The first one is told.',
    why: 'The content is ASCII, so such a byte is damage, another encoding (a byte order mark, an accented name), or binary data. Fields may have shifted.',
    mend: 'Write plain ASCII without control characters or byte order mark, then send the file again.',
    clause: 'CMEP v1.20, general rules: the content is ASCII',
    example: exampleRecord({ 3: 'NOR<BEL>TH' }),
  },
  'cmep/field-too-long': {
    severity: 'error',
    title: 'The field is longer than the protocol allows',
    wrong:
      'The field is longer than its length: 16 for fields 3 and 5, 12 for other fields and for quality flags, 256 in records that carry no reads.',
    why: 'A receiver cuts it off: two meters whose ids differ only at the end become one.',
    mend: 'Shorten the content. Where a head end has longer ids, say so in a profile (fieldBytes).',
    clause: 'CMEP v1.20, general rules and MEPMD01: lengths of fields',
    example: exampleRecord({ 8: 'METER-0000000001' }),
  },
  'cmep/bad-quoting': {
    severity: 'error',
    title: 'A quote that does not open and close at the bounds of the field',
    wrong: 'A double quote stands within a field, is not closed, or is followed by more than blanks.',
    why: 'It cannot be told where the field ends, so all fields after it may have shifted.',
    mend: 'Put the whole field in quotes, or use no quote in it. CMEP has no way to write a quote within quotes.',
    clause: 'CMEP v1.20, general rules: quotes',
    example: exampleRecord({ 3: '"NOR"TH' }),
    alwaysError: true,
  },
  'cmep/extra-fields': {
    severity: 'error',
    title: 'More after the last read than a checksum',
    wrong: 'After the reads that field 14 counts there is more than a bare comma or one checksum.',
    why: 'Most often a comma too many has shifted fields, so that values stand under the wrong time.',
    mend: 'Look for a comma within a text field (quote it) or a line that was joined to this one.',
    clause: 'CMEP v1.20, general rules: the optional last field is the CRC',
    example: exampleRecord({ 21: 'X' }),
  },
  'cmep/bad-crc': {
    severity: 'error',
    title: 'The checksum is wrong',
    wrong:
      'The record ends in H and four hexadecimal digits, and they are not the CRC-16 of what stands before them. By default each CRC-16 in common use is tried, with and without the comma before it; a profile may name one (crc).',
    why: 'The record was changed after it was written.',
    mend: 'Send the record again from the source. Where all records of a sender are told, name its variant in a profile, or switch the check off there (crc: "ignore").',
    clause: 'CMEP v1.20, general rules: CRC. The text does not name the variant',
    example: exampleRecord({ 21: 'H0000' }),
  },
} satisfies Partial<Record<CmepFaultCode, RuleText>>;
