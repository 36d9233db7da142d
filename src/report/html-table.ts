import { type Markup, markup, type Piece } from '../conformance/report/html-markup.js';
import { formatCount } from '../model/figures.js';

/** Rows of a list that the page shows; the rest is in the files beside it. */
export const TABLE_ROWS_MAX = 200;

export interface Column<Row> {
  head: string;
  /** Numbers stand right-aligned. */
  numeric?: boolean;
  /** The cell that names the row. */
  rowHead?: boolean;
  cell: (row: Row) => Piece;
  /** Sum or word for the foot of the table. */
  foot?: Piece;
}

export interface TableOptions<Row> {
  /** Name of the table, for who cannot see it. */
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  /** File that holds all rows. */
  fullList: string;
  /** How many rows there are, where `rows` is only a sample. */
  rowCount?: number;
}

/** A table that scrolls within its own box and tells how many rows it leaves out. */
export function table<Row>({ label, columns, rows, fullList, rowCount }: TableOptions<Row>): Markup {
  const shown = rows.slice(0, TABLE_ROWS_MAX);
  const hasFoot = columns.some((column) => column.foot !== undefined);
  return markup`<div class="scroll" role="region" tabindex="0" aria-label="${label}"><table>
<thead><tr>${columns.map((column) => markup`<th scope="col"${numericClass(column)}>${column.head}</th>`)}</tr></thead>
<tbody>${shown.map((row) => markup`<tr>${columns.map((column) => tableCell(column, row))}</tr>\n`)}</tbody>
${hasFoot ? markup`<tfoot><tr>${columns.map((column) => markup`<td${numericClass(column)}>${column.foot ?? ''}</td>`)}</tr></tfoot>` : null}
</table></div>${moreLine((rowCount ?? rows.length) - shown.length, fullList)}`;
}

/** `300 more: the full list is in manifest.json`, or nothing. */
export function moreLine(more: number, fullList: string, what = 'more'): Markup | null {
  if (more <= 0) return null;
  return markup`<p class="more">${formatCount(more)} ${what}: the full list is in ${path(fullList)}</p>`;
}

/** A path or file name, which may break anywhere. */
export function path(text: string): Markup {
  return markup`<span class="path"><bdi>${text}</bdi></span>`;
}

/** First digits of a hash, the whole of it as title. */
export function shortHash(sha256: string): Markup {
  return markup`<code title="${sha256}">${sha256.slice(0, HASH_DIGITS_SHOWN)}</code>`;
}

const HASH_DIGITS_SHOWN = 12;

function tableCell<Row>(column: Column<Row>, row: Row): Markup {
  return column.rowHead
    ? markup`<th scope="row">${column.cell(row)}</th>`
    : markup`<td${numericClass(column)}>${column.cell(row)}</td>`;
}

function numericClass(column: { numeric?: boolean }): Markup | null {
  return column.numeric ? markup` class="n"` : null;
}
