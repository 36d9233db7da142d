import { ReadmillError } from '../../model/errors.js';

/** Problems of one import that are listed; the count is always complete. */
export const PROBLEMS_LISTED_MAX = 1_000;

const TEXT_SHOWN_MAX = 40;
const PROBLEMS_IN_MESSAGE = 3;

export type RegisterFormat = 'csv' | 'json';

export interface RowProblem {
  /** CSV: line, from 1. JSON: index of the array element, from 0. null: the file as a whole. */
  line: number | null;
  /** Column of the register, or an empty string where the whole row is meant. */
  column: string;
  message: string;
}

/** What is wrong with a source so far. */
export interface ProblemList {
  problems: RowProblem[];
  count: number;
}

export function addProblem(list: ProblemList, line: number | null, column: string, message: string): void {
  list.count++;
  if (list.problems.length < PROBLEMS_LISTED_MAX) list.problems.push({ line, column, message });
}

/** Thrown to stop reading a source that makes no sense from here on; the list says why. */
export class SourceRefused extends Error {}

/** Adds a problem after which the rest of the source cannot be read, and stops the reading. */
export function refuseSource(list: ProblemList, line: number | null, message: string): never {
  addProblem(list, line, '', message);
  throw new SourceRefused(message);
}

/** A text of the source as it may stand in a message. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > TEXT_SHOWN_MAX ? `${text.slice(0, TEXT_SHOWN_MAX)}...` : text);
}

/** `line 12, units: ...` or `element 3, units: ...`. */
export function problemText(problem: RowProblem, format: RegisterFormat): string {
  const place = problem.line === null ? '' : `${format === 'csv' ? 'line' : 'element'} ${problem.line}`;
  const where = [place, problem.column].filter((part) => part !== '').join(', ');
  return where === '' ? problem.message : `${where}: ${problem.message}`;
}

/** A meter register that was not taken in because rows of it are bad. */
export class RegisterInvalidError extends ReadmillError {
  readonly file: string;
  readonly format: RegisterFormat;
  /** At most `PROBLEMS_LISTED_MAX`, bad rows in the order of the file, then rows that overlap. */
  readonly problems: readonly RowProblem[];
  readonly problemCount: number;

  constructor(file: string, format: RegisterFormat, list: ProblemList) {
    const first = list.problems.slice(0, PROBLEMS_IN_MESSAGE).map((problem) => problemText(problem, format));
    const more = list.count > first.length ? `; and ${list.count - first.length} more` : '';
    super(
      'READMILL_REGISTER_INVALID',
      `${file}: ${list.count} ${list.count === 1 ? 'problem' : 'problems'}, the register stays as it was: ` +
        `${first.join('; ')}${more}. Correct the file and import it again.`,
    );
    this.file = file;
    this.format = format;
    this.problems = list.problems;
    this.problemCount = list.count;
  }
}
