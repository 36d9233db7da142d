/** One header line's value with its parameters: `multipart/signed; micalg=sha-256; boundary="x"`. */
export interface HeaderValue {
  /** What stands before the first semicolon, in lower case, without comments. */
  value: string;
  /** Parameters by their name in lower case, unquoted. */
  parameters: Map<string, string>;
}

/** Header fields by their name in lower case; the first of a name counts. */
export type Headers = Map<string, string>;

/** Parses header lines (CRLF or LF, folded or not) up to the end of the text. */
export function parseHeaders(text: string): Headers {
  const headers: Headers = new Map();
  const unfolded = text.replaceAll(/\r?\n[ \t]+/g, ' ');
  for (const line of unfolded.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const name = line.slice(0, colon).trim().toLowerCase();
    if (!headers.has(name)) headers.set(name, line.slice(colon + 1).trim());
  }
  return headers;
}

/**
 * Parses a header's value with its parameters, liberally: quoted or not, blanks anywhere, comments, a quoted
 * text that does not end, RFC 2231's `name*=utf-8''...`. RFC 2045, 5.1.
 */
export function parseHeaderValue(text: string): HeaderValue {
  const parts = splitParameters(text);
  const parameters = new Map<string, string>();
  for (const part of parts.slice(1)) {
    const equals = part.indexOf('=');
    if (equals <= 0) continue;
    const name = part.slice(0, equals).trim().toLowerCase();
    const value = unquote(part.slice(equals + 1).trim());
    if (name.endsWith('*')) parameters.set(name.slice(0, -1), extendedValue(value));
    else if (!parameters.has(name)) parameters.set(name, value);
  }
  return {
    value: withoutComments(parts[0] ?? '')
      .trim()
      .toLowerCase(),
    parameters,
  };
}

function splitParameters(text: string): string[] {
  const parts: string[] = [];
  let from = 0;
  let isQuoted = false;
  for (let i = 0; i < text.length; i++) {
    const one = text[i];
    if (isQuoted && one === '\\') i++;
    else if (one === '"') isQuoted = !isQuoted;
    else if (one === ';' && !isQuoted) {
      parts.push(text.slice(from, i));
      from = i + 1;
    }
  }
  parts.push(text.slice(from));
  return parts;
}

function unquote(text: string): string {
  if (!text.startsWith('"')) return withoutComments(text).trim();
  let value = '';
  for (let i = 1; i < text.length && text[i] !== '"'; i++) {
    if (text[i] === '\\' && i + 1 < text.length) i++;
    value += text[i];
  }
  return value;
}

const withoutComments = (text: string): string => text.replaceAll(/\([^()]*\)/g, '');

function extendedValue(text: string): string {
  const encoded = /^[\w-]*'[\w-]*'(.*)$/s.exec(text)?.[1] ?? text;
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}

/** A parameter's or an AS2 name's text, quoted where it has to be (RFC 4130, 6.2; RFC 2045, 5.1). */
export function quoteIfNeeded(text: string): string {
  if (/^[\w!#$%&'*+.^`|~-]+$/.test(text)) return text;
  return quote(text);
}

export function quote(text: string): string {
  return `"${text.replaceAll(/(["\\])/g, '\\$1')}"`;
}
