import { METER_ID_BYTES_MAX } from '../../model/block.js';
import { UNITS_PER_ONE } from '../../model/decimal.js';
import { COMMODITIES, channelCode, UNITS, unitCode } from '../../model/units.js';
import { FITS_COMMODITY } from './commodities.js';
import { HEADER_FIELDS, LineReader } from './line-reader.js';
import { type NumberResult, parseNumber } from './number.js';
import { MANDATORY_FIELDS, PURPOSES } from './record-types.js';
import { SEVERITY } from './settings.js';
import { parseInterval, parseStamp } from './stamp.js';

/** Fields that are numbers: the constant and the count. */
const NUMBER_FIELDS = [12, 14];

/** Reads fields 2 to 13 of a record of reads, after all the rules, into `record`. */
export abstract class HeaderReader extends LineReader {
  protected readonly number: NumberResult = { value: 0, decimals: 0, rounded: false };
  /** By code of the unit: 1 where the profile lists it. */
  private readonly isListedUnit = Uint8Array.from(UNITS, (unit) =>
    this.settings.units.includes(unit) ? 1 : 0,
  );
  /** Longest text of each field of the header; a number is judged as one. */
  private readonly fieldBytesMax = Float64Array.from({ length: HEADER_FIELDS }, (_, i) =>
    NUMBER_FIELDS.includes(i + 1) ? Number.POSITIVE_INFINITY : this.settings.fieldBytes[i]!,
  );

  protected readHeader(): void {
    const { record, settings, fields, bytes } = this;
    for (const field of MANDATORY_FIELDS)
      if (this.isEmpty(field)) this.tellField('cmep/missing-field', field);
    this.readMeterId();
    if (!this.isEmpty(2) && !settings.versions.includes(this.text(1)))
      this.tellField('cmep/record-version', 2);
    if (!this.isEmpty(7)) {
      const stamp = parseStamp(bytes, fields.from[6]!, fields.to[6]!);
      if (stamp < 0) this.tellField('cmep/bad-timestamp', 7);
      record.creationStamp = stamp - settings.zoneMinutes;
    }
    const purpose = this.text(8);
    if (purpose !== '' && !(PURPOSES.includes(purpose) && settings.purposes.includes(purpose))) {
      this.tellField('cmep/unknown-purpose', 9);
    }
    record.resend = purpose === 'RESEND';
    this.readUnits();
    this.readConstant();
    record.intervalMinutes = 0;
    if (!this.isEmpty(13)) {
      const interval = parseInterval(bytes, fields.from[12]!, fields.to[12]!);
      if (interval < 0 || (interval === 0 && !settings.zeroInterval)) this.tellField('cmep/bad-interval', 13);
      else if (interval > 0 && !settings.intervalsMinutes.includes(interval)) {
        this.tellField('cmep/interval-not-allowed', 13);
      }
      record.intervalMinutes = Math.max(interval, 0);
    }
  }

  /** Lengths of the header's fields, and the field that names the meter. */
  private readMeterId(): void {
    const { record, settings, fields } = this;
    const { meterIdFields } = settings;
    let idField = 0;
    for (let i = 0; i < meterIdFields.length && idField === 0; i++)
      if (!this.isEmpty(meterIdFields[i]!)) idField = meterIdFields[i]!;
    for (let field = Math.min(HEADER_FIELDS, fields.count); field >= 1; field--) {
      if (fields.to[field - 1]! - fields.from[field - 1]! > this.fieldBytesMax[field - 1]!) {
        this.tellLongFields(idField);
        break;
      }
    }
    if (idField === 0) {
      this.tellField('cmep/missing-meter-id', meterIdFields[0]!);
      return;
    }
    record.meterIdFrom = fields.from[idField - 1]!;
    record.meterIdTo = fields.to[idField - 1]!;
  }

  private tellLongFields(idField: number): void {
    const { fields, fieldBytesMax } = this;
    for (let field = 1; field <= Math.min(HEADER_FIELDS, fields.count); field++) {
      if (this.length(field) <= fieldBytesMax[field - 1]!) continue;
      // Nothing of ours has room for a longer id, whatever the profile says.
      const isTooLong = field === idField && this.length(field) > METER_ID_BYTES_MAX;
      this.tellField('cmep/field-too-long', field, isTooLong ? SEVERITY.error : undefined);
    }
  }

  private readUnits(): void {
    const { settings } = this;
    const commodityText = this.text(9);
    const commodity = commodityText.length === 1 ? COMMODITIES.indexOf(commodityText) : -1;
    if (commodityText !== '' && (commodity < 0 || !settings.commodities.includes(commodityText))) {
      this.tellField('cmep/unknown-commodity', 10);
    }
    const unitText = this.text(10);
    const unit = unitCode(unitText);
    if (unitText !== '' && (unit < 0 || this.isListedUnit[unit] === 0)) {
      this.tellField('cmep/unknown-units', 11);
    }
    this.record.channel = channelCode(Math.max(unit, 0), Math.max(commodity, 0));
    if (commodity >= 0 && unit >= 0 && FITS_COMMODITY[this.record.channel] === 0) {
      this.tellField('cmep/units-commodity-mismatch', 11);
    }
  }

  private readConstant(): void {
    this.record.constant = UNITS_PER_ONE;
    if (this.isEmpty(12)) return;
    const fault = parseNumber(this.bytes, this.fields.from[11]!, this.fields.to[11]!, this.number);
    if (fault >= 0) this.tellNumber(fault, 12);
    else this.record.constant = this.number.value;
  }
}
