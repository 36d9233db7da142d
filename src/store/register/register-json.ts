import { StringDecoder } from 'node:string_decoder';
import { jsonParser, type Token } from 'stream-json/parser.js';
import { DECIMALS_MAX } from '../../model/decimal.js';
import { messageOf } from '../../model/errors.js';
import { REGISTER_COLUMNS } from './register-fields.js';
import { addProblem, type ProblemList, quoted, refuseSource } from './register-problems.js';
import { limitedContent, type RowSink } from './register-source.js';

/** Objects or arrays within one another: a register needs two. */
const DEPTH_MAX = 64;

const COLUMN_OF_NAME = new Map<string, number>(REGISTER_COLUMNS.map((name, column) => [name, column]));
const BYTE_ORDER_MARK = /^\ufeff/;
const CLOSING = /[}\]]/g;
/** Blanks, so many that the parser does not wait for the end of a word such as `null` any more. */
const END_PADDING = ' '.repeat(32);

/**
 * Reads a meter register in JSON: an array of objects whose keys are the register's columns and whose
 * values are strings or numbers; null is a value that is not given.
 * @throws SourceRefused where the rest cannot be read; the list says why
 */
export async function readJsonRegister(
  content: AsyncIterable<Buffer>,
  onRow: RowSink,
  problems: ProblemList,
): Promise<void> {
  const elements = elementReader(onRow, problems);
  const parse = jsonParser({ packValues: true, streamValues: false });
  const decoder = new StringDecoder('utf8');
  let tokensRead = 0;
  let first = true;
  const read = (text: string) => {
    for (let from = 0, to = 0; from < text.length; from = to) {
      // Where the parser finds a fault it gives nothing of what it was handed: it gets an object a time,
      // so that the elements before the fault count.
      CLOSING.lastIndex = from;
      to = CLOSING.test(text) ? CLOSING.lastIndex : text.length;
      const tokens = parsed(parse, text.slice(from, to), elements, problems);
      tokensRead += tokens.length;
      for (const token of tokens) elements.take(token);
    }
  };
  for await (const piece of limitedContent(content, () => tokensRead, problems)) {
    let text = decoder.write(piece);
    if (first && text !== '') {
      text = text.replace(BYTE_ORDER_MARK, '');
      first = false;
    }
    read(text);
  }
  read(decoder.end() + END_PADDING);
  if (!elements.ended()) {
    refuseSource(problems, elements.next(), 'the file ends before the array of the register is closed');
  }
}

function parsed(
  parse: ReturnType<typeof jsonParser>,
  text: string,
  elements: ElementReader,
  problems: ProblemList,
): readonly Token[] {
  let answer: ReturnType<typeof parse>;
  try {
    answer = parse(text);
  } catch (thrown) {
    if (elements.ended()) refuseSource(problems, null, 'something follows the array of the register');
    const place = elements.next();
    refuseSource(problems, place, `no JSON (${messageOf(thrown)}); the file was not read beyond this`);
  }
  return typeof answer === 'symbol' ? [] : answer.values;
}

interface ElementReader {
  take(token: Token): void;
  /** Index of the element that is being read or comes next, null before the array. */
  next(): number | null;
  ended(): boolean;
}

/** Gathers the tokens of each element of the outer array to a row. */
function elementReader(onRow: RowSink, problems: ProblemList): ElementReader {
  const texts = REGISTER_COLUMNS.map(() => '');
  let depth = 0;
  let place = -1;
  let ended = false;
  let whole = true;
  let name = '';
  let given = 0;

  const fault = (column: string, message: string) => {
    addProblem(problems, place, column, message);
    whole = false;
  };
  const key = (text: string) => {
    name = text;
    const column = COLUMN_OF_NAME.get(text);
    if (column === undefined) return fault('', `unknown column ${quoted(text)}`);
    if ((given & (1 << column)) !== 0) fault(text, 'is given twice');
    given |= 1 << column;
  };
  const value = (text: string | null) => {
    if (!whole) return;
    const column = COLUMN_OF_NAME.get(name)!;
    if (text === null) fault(name, 'must be a string or a number');
    else texts[column] = text;
  };
  const open = (isObject: boolean) => {
    if (depth === 0 && isObject) refuseSource(problems, null, 'the file must hold an array of objects');
    if (depth === 1) {
      place++;
      whole = true;
      given = 0;
      texts.fill('');
      if (!isObject) fault('', 'is no object');
    } else if (depth === 2) {
      value(null);
    }
    if (++depth > DEPTH_MAX) refuseSource(problems, place, `values lie more than ${DEPTH_MAX} deep`);
  };
  const close = () => {
    depth--;
    if (depth === 1 && whole) onRow(texts, place);
    if (depth === 0) ended = true;
  };
  const scalar = (text: string | null) => {
    if (depth === 2) return value(text);
    if (depth > 2) return;
    if (depth === 0) refuseSource(problems, null, 'the file must hold an array of objects');
    place++;
    fault('', 'is no object');
  };
  return {
    next: () => (depth === 0 ? null : depth === 1 ? place + 1 : place),
    ended: () => ended,
    take(token) {
      if (token.name === 'startObject' || token.name === 'startArray') open(token.name === 'startObject');
      else if (token.name === 'endObject' || token.name === 'endArray') close();
      else if (token.name !== 'keyValue') scalar(textOf(token));
      else if (depth === 2) key(token.value);
    },
  };
}

/** Text of a value that is no object or array; null for true and false, which no column takes. */
function textOf(token: Token): string | null {
  if (token.name === 'stringValue') return token.value;
  if (token.name === 'numberValue') return plainNumber(token.value);
  return token.name === 'nullValue' ? '' : null;
}

/** A JSON number as plain decimal text (`60.0` -> `60`, `1e-05` -> `0.00001`); as it came where it has none. */
function plainNumber(text: string): string {
  if (!/[.eE]/.test(text)) return text;
  const number = Number(text);
  if (Number.isSafeInteger(number)) return String(number);
  const plain = number.toFixed(DECIMALS_MAX);
  return Number(plain) === number ? plain : text;
}
