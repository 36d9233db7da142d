import { printable } from '../../model/printable.js';

const MARKUP = Symbol('markup');

/** Markup of our own making; the symbol cannot come out of JSON, so no data can pass for it. */
export interface Markup {
  readonly [MARKUP]: string;
}

/** What may stand in a template: text and numbers are data and are escaped, markup stays as it is. */
export type Piece = Markup | string | number | null | readonly Piece[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

/** Text as it may stand between tags and in quoted attributes; what does not print is shown by its number. */
export function escapeText(text: string): string {
  return printable(text).replace(/[&<>"'`]/g, (character) => ENTITIES[character]!);
}

/** Template tag that escapes whatever is put in, save markup. Attributes must be quoted in the template. */
export function markup(strings: TemplateStringsArray, ...pieces: Piece[]): Markup {
  let text = strings[0]!;
  for (let index = 0; index < pieces.length; index++) {
    text += render(pieces[index]!) + strings[index + 1]!;
  }
  return { [MARKUP]: text };
}

/** Markup from a constant of the source, such as the style sheet; never from data. */
export function constantMarkup(text: string): Markup {
  return { [MARKUP]: text };
}

/** The text of a piece, ready for the page. */
export function render(piece: Piece): string {
  if (piece === null) return '';
  if (typeof piece === 'string') return escapeText(piece);
  if (typeof piece === 'number') return String(piece);
  if (isMarkup(piece)) return piece[MARKUP];
  return piece.map(render).join('');
}

function isMarkup(piece: Markup | readonly Piece[]): piece is Markup {
  return MARKUP in piece;
}
