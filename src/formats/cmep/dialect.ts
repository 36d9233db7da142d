/** What the first records say about who wrote them. */
interface Evidence {
  records: number;
  /** Reads with a flag, and how many of those flags have which form. */
  flags: number;
  groups: number;
  masks: number;
  bareA: number;
  /** Reads with the flag N0 and no value. */
  emptyN0: number;
  /** Records of one read without an interval. */
  singles: number;
  /** Register records with the interval 00000000. */
  zeroIntervals: number;
  versions: Set<string>;
  /** Records whose meter is in field 6, since field 8 is empty. */
  idInField6: number;
}

const FIRST_TRIPLE = 14;

/**
 * The profile that fits a file, and why: judged by what only one head end does first, then by what it shares
 * with another.
 * @param records lines of the file's beginning that begin with a CMEP record type, at least one
 */
export function dialectOf(records: readonly string[]): { profile: string; reason: string } {
  const found = (profile: string, reason: string) => ({ profile, reason });
  if (records.some((line) => /^MEP\w+\t/.test(line))) return found('tab', 'fields are separated by tabs');
  const evidence = gather(records);
  const { groups, masks, bareA, emptyN0, flags, singles, zeroIntervals, versions, idInField6 } = evidence;
  if (versions.has('20080501')) return found('sensus', 'record version 20080501');
  if (groups > 0) {
    return singles === evidence.records
      ? found('yukon', 'quality flags such as "R 00 00", and every record is one read without an interval')
      : found('smartsynch', 'quality flags such as "R 00 00"');
  }
  if (zeroIntervals > 0) return found('twacs', 'register records with the interval 00000000');
  if (idInField6 > 0) return found('sensus', 'the meter id stands in field 6');
  if (emptyN0 > 0) return found('twacs', 'reads that are missing have the quality flag "N0" and no value');
  if (bareA * 2 > flags) return found('twacs', 'most quality flags are a bare "A"');
  if (versions.has('20080519')) return found('yukon', 'record version 20080519');
  if (masks > 0) return found('sensus', 'quality flags with a bit mask');
  return found(
    'cmep-1.20',
    "nothing in it is a vendor's; --profile mdmr judges it by what the MDM/R asks for",
  );
}

function gather(records: readonly string[]): Evidence {
  const evidence: Evidence = {
    ...{ records: 0, flags: 0, groups: 0, masks: 0, bareA: 0, emptyN0: 0 },
    ...{ singles: 0, zeroIntervals: 0, versions: new Set(), idInField6: 0 },
  };
  for (const line of records) {
    const fields = line.split(',').map((field) => field.trim().replace(/^"(.*)"$/, '$1'));
    if (fields[0] !== 'MEPMD01') continue;
    evidence.records++;
    evidence.versions.add(fields[1] ?? '');
    if (fields[7] === '' && fields[5] !== '') evidence.idInField6++;
    if (fields[12] === '' && fields[13] === '1') evidence.singles++;
    if (fields[12] === '00000000' && fields[10]!.endsWith('REG')) evidence.zeroIntervals++;
    for (let at = FIRST_TRIPLE; at + 1 < fields.length; at += 3) {
      addFlag(evidence, fields[at + 1]!, fields[at + 2] ?? '');
    }
  }
  return evidence;
}

function addFlag(evidence: Evidence, flag: string, value: string): void {
  if (flag === '') return;
  evidence.flags++;
  if (/^[A-Z] \d\d \d\d$/.test(flag)) evidence.groups++;
  else if (flag === 'N0' && value === '') evidence.emptyN0++;
  else if (/^[A-Z]\d+$/.test(flag)) evidence.masks++;
  else if (flag === 'A') evidence.bareA++;
}
