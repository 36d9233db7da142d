import { createHash } from 'node:crypto';
import { constantMarkup, type Markup, markup } from './html-markup.js';

export interface PageParts {
  title: string;
  styles: string;
  body: Markup;
  /** Text of the page's one script; without it no script may run at all. Never made from data. */
  script?: string;
}

/**
 * Nothing may be fetched, framed or sent from the page, whatever stands in it, and nothing may run but the
 * script whose hash is named: reading it needs no network.
 */
function securityPolicy(script: string | undefined): string {
  const scripts =
    script === undefined
      ? ''
      : ` script-src 'sha256-${createHash('sha256').update(script).digest('base64')}';`;
  return `default-src 'none';${scripts} style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'`;
}

/** A whole page that stands by itself. */
export function page({ title, styles, body, script }: PageParts): Markup {
  return markup`${constantMarkup('<!doctype html>')}
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${constantMarkup(securityPolicy(script))}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${constantMarkup(styles)}</style>
</head>
<body>
${body}
${script === undefined ? null : constantMarkup(`<script>${script}</script>`)}</body>
</html>
`;
}
