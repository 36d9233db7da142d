import { createHash } from 'node:crypto';
import { DASHBOARD_STYLES } from './dashboard-styles.js';
import { PAGE_SCRIPT } from './page-script.js';

/** A file that pages fetch from this server; its name changes with its content, so it may be kept for ever. */
export interface Asset {
  path: string;
  type: string;
  content: string;
}

const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#1a5a9e"/><path d="M3 12V8m3.3 4V4m3.4 8V6M13 12V9" stroke="#fff" stroke-width="1.8" stroke-linecap="round"/></svg>';

function asset(name: string, extension: string, type: string, content: string): Asset {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 12);
  return { path: `/assets/${name}-${hash}.${extension}`, type, content };
}

export const ASSETS = {
  styles: asset('dashboard', 'css', 'text/css; charset=utf-8', DASHBOARD_STYLES),
  script: asset('dashboard', 'js', 'text/javascript; charset=utf-8', PAGE_SCRIPT),
  icon: asset('icon', 'svg', 'image/svg+xml', ICON),
} as const;
