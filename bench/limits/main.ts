import { writeFileSync } from 'node:fs';
import { limitsPage, ROOT } from './limits-page.js';

writeFileSync(`${ROOT}docs/limits.md`, limitsPage(ROOT));
