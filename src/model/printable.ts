/**
 * Text of the data, made fit to be shown. Names of files, meters and messages come from outside: a control
 * character in them could drive a terminal, a direction mark could make a name look like another one.
 */

/** Controls, line and paragraph separators, direction marks and overrides, lone surrogates. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/gu;

/** The same text with every character that does not print written as its number: `\u{1b}`. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

/** Text of at most `width` characters: what is too long loses its end. */
export function clipEnd(text: string, width: number): string {
  const characters = Array.from(text);
  return characters.length <= width ? text : `${characters.slice(0, width - 1).join('')}…`;
}

/** Text of at most `width` characters: what is too long loses its middle, so that a path keeps its file name. */
export function clipMiddle(text: string, width: number): string {
  const characters = Array.from(text);
  if (characters.length <= width) return text;
  const head = Math.floor((width - 1) / 3);
  return `${characters.slice(0, head).join('')}…${characters.slice(characters.length - (width - 1 - head)).join('')}`;
}

/**
 * Text broken at blanks into lines of at most `width` characters, at most `linesMax` of them; the last one
 * ends in an ellipsis where there was more.
 */
export function wrapText(text: string, width: number, linesMax: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const piece = clipMiddle(word, width);
    if (line === '') line = piece;
    else if (Array.from(line).length + 1 + Array.from(piece).length <= width) line += ` ${piece}`;
    else {
      lines.push(line);
      line = piece;
    }
  }
  lines.push(line);
  if (lines.length <= linesMax) return lines;
  const kept = lines.slice(0, linesMax);
  kept[linesMax - 1] = clipEnd(`${kept[linesMax - 1]} …`, width);
  return kept;
}
