import { pipeline } from 'node:stream/promises';
import { type CsvError, parse } from 'csv-parse';
import { REGISTER_COLUMNS, REQUIRED_COLUMNS } from './register-fields.js';
import { addProblem, type ProblemList, quoted, refuseSource } from './register-problems.js';
import { limitedContent, type RowSink } from './register-source.js';

/** Longest row, without its commas and quotes. */
const ROW_BYTES_MAX = 16_384;

const SYNTAX_FAULTS: Readonly<Record<string, string>> = {
  CSV_MAX_RECORD_SIZE: `the row is longer than ${ROW_BYTES_MAX} bytes (is a quote left open?)`,
  CSV_QUOTE_NOT_CLOSED: 'a quote is left open',
  CSV_INVALID_CLOSING_QUOTE: 'text follows a closing quote',
  INVALID_OPENING_QUOTE: 'a quote stands within a field',
};

/**
 * Reads a meter register in CSV: comma, LF or CRLF, an optional byte order mark, a header row that names
 * the columns in any order. Rows of the wrong width are problems; a broken quote ends the reading.
 * @throws SourceRefused where the rest cannot be read; the list says why
 */
export async function readCsvRegister(
  content: AsyncIterable<Buffer>,
  onRow: RowSink,
  problems: ProblemList,
): Promise<void> {
  const texts = REGISTER_COLUMNS.map(() => '');
  let columns: number[] | null = null;
  let line = 1;
  const takeRow = (fields: readonly string[]): boolean => {
    if (columns === null) {
      columns = columnsOfHeader(fields, line, problems);
      return true;
    }
    if (fields.length !== columns.length) {
      addProblem(problems, line, '', `has ${fields.length} fields, the header has ${columns.length}`);
      return false;
    }
    for (let i = 0; i < fields.length; i++) texts[columns[i]!] = fields[i]!;
    return onRow(texts, line);
  };
  const parser = parse({
    bom: true,
    record_delimiter: ['\r\n', '\n'],
    relax_column_count: true,
    max_record_size: ROW_BYTES_MAX,
  });
  // Rows are taken as they are parsed, past the stream's buffer: a fault would drop what waits in it.
  const push = parser.push.bind(parser);
  parser.push = (fields: string[] | null) => {
    if (fields === null) return push(null);
    if (parser.destroyed) return false;
    try {
      const isBlank = fields.length === 1 && fields[0] === '';
      // A good row has no line feed in any field, so that lines need be counted in bad ones only.
      line += isBlank || takeRow(fields) ? 1 : 1 + lineFeeds(fields);
    } catch (thrown) {
      parser.destroy(thrown as Error);
    }
    return true;
  };
  parser.resume();
  try {
    await pipeline(
      limitedContent(content, () => parser.info.records, problems),
      parser,
    );
  } catch (thrown) {
    const fault = SYNTAX_FAULTS[(thrown as CsvError).code];
    if (fault === undefined) throw thrown;
    refuseSource(problems, line, `${fault}; the file was not read beyond this`);
  }
  if (columns === null) refuseSource(problems, null, 'the file is empty: it needs a header row');
}

/** Index in `REGISTER_COLUMNS` of each field of the header. */
function columnsOfHeader(names: readonly string[], line: number, problems: ProblemList): number[] {
  const countBefore = problems.count;
  const columns = names.map((name) => (REGISTER_COLUMNS as readonly string[]).indexOf(name));
  columns.forEach((column, i) => {
    if (column < 0) {
      const known = REGISTER_COLUMNS.join(', ');
      addProblem(problems, line, '', `unknown column ${quoted(names[i]!)}; the columns are ${known}`);
    } else if (columns.indexOf(column) !== i) {
      addProblem(problems, line, names[i]!, 'the column stands in the header twice');
    }
  });
  const missing = REQUIRED_COLUMNS.filter((name) => !names.includes(name));
  if (missing.length > 0) refuseSource(problems, line, `the header lacks ${missing.join(' and ')}`);
  if (problems.count > countBefore) {
    refuseSource(problems, line, 'no row was read because of the header');
  }
  return columns;
}

function lineFeeds(fields: readonly string[]): number {
  return fields.reduce((count, field) => count + field.split('\n').length - 1, 0);
}
