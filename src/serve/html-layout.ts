import { constantMarkup, type Markup, markup } from '../conformance/report/html-markup.js';
import { ASSETS } from './assets.js';

/** Pages of the dashboard, with the key that opens each. */
const PAGES = [
  { id: 'tonight', href: '/', name: 'Tonight', key: 't' },
  { id: 'nights', href: '/nights', name: 'Nights', key: 'n' },
  { id: 'meters', href: '/meters', name: 'Meter', key: 'm' },
] as const;

export type PageId = (typeof PAGES)[number]['id'];

export interface LayoutParts {
  title: string;
  /** The page that is shown; null = none of them, `login` = none may be opened yet. */
  page: PageId | 'login' | null;
  environment: string | null;
  body: Markup;
  /** Whether the page changes by itself while it is looked at. */
  isLive?: boolean;
  canLogOut?: boolean;
}

/** A whole page. What it fetches comes from this server alone; without script it works too, and is still. */
export function layout({ title, page, environment, body, isLive, canLogOut }: LayoutParts): Markup {
  const links = PAGES.map(
    ({ id, href, name, key }) =>
      markup`<a href="${href}" data-key="${key}" aria-keyshortcuts="${key}"${constantMarkup(id === page ? ' aria-current="page"' : '')}>${name} <kbd>${key}</kbd></a>`,
  );
  if (page === 'login') links.length = 0;
  const out = canLogOut
    ? markup`<form method="post" action="/logout"><button class="quiet">Log out</button></form>`
    : null;
  return markup`${constantMarkup('<!doctype html>')}
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="${ASSETS.icon.path}">
<link rel="stylesheet" href="${ASSETS.styles.path}">
<script src="${ASSETS.script.path}" defer></script>
</head>
<body${constantMarkup(isLive === true ? ' data-live' : '')}>
<header class="top"><b class="brand">readmill</b><nav aria-label="Pages">${links}</nav>${
    environment === null ? null : markup`<span class="environment">${environment}</span>`
  }<span id="lost" class="lost" role="status" hidden>Connection lost, trying again</span>${out}</header>
<main id="live">
${body}
</main>
</body>
</html>
`;
}

/** A time for people: market time to the minute, with the whole of it behind. */
export function timeOf(iso: string, zoneMinutes: number, withDay = true): Markup {
  const local = new Date(Date.parse(iso) + zoneMinutes * 60_000).toISOString();
  const text = withDay ? `${local.slice(0, 10)} ${local.slice(11, 16)}` : local.slice(11, 16);
  return markup`<time datetime="${iso}" title="${iso}">${text}</time>`;
}
