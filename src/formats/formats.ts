import { AMRDEF_FORMAT } from './amrdef/format.js';
import { CMEP_FORMAT } from './cmep/format.js';
import type { Format } from './format.js';

/** The formats, each by its name; a file is of the first that recognises it. docs/adding-a-format.md tells more. */
export const FORMATS = { amrdef: AMRDEF_FORMAT, cmep: CMEP_FORMAT } as const;

export type FormatName = keyof typeof FORMATS;

type SettingsOf<Name extends FormatName> = Parameters<(typeof FORMATS)[Name]['openReader']>[0];

/** Settings of each format for the files of one source: plain data that can be sent to a worker. */
export type SourceSettings = { [Name in FormatName]: SettingsOf<Name> };

/** A format by its name, whatever its settings are. */
export function formatNamed(name: FormatName): Format<SourceSettings[FormatName]> {
  return FORMATS[name] as Format<SourceSettings[FormatName]>;
}
