import type { FastifyInstance } from 'fastify';
import { parseIsoDate } from '../model/time.js';
import { readReport } from '../watch/night-book.js';
import { readNotices } from '../watch/notices.js';
import { marketDayOf } from '../watch/schedule.js';
import { calendar, firstOfMonth, monthStart } from './calendar.js';
import { meterView } from './meter-view.js';
import { nightView } from './night-view.js';
import { badRequest, notFound } from './refusals.js';
import type { Dashboard } from './server.js';

/** What programs may read; docs/operating/monitoring.md describes it. */
export function apiRoutes(server: FastifyInstance, { served, events, headers }: Dashboard): void {
  server.get('/api/tonight', () => nightView(served, null));
  server.get<{ Params: { day: string } }>('/api/nights/:day', ({ params }) =>
    nightView(served, requireDay(params.day)),
  );
  server.get<{ Querystring: { month?: string } }>('/api/nights', ({ query }) =>
    calendar(served, requireMonth(query.month, firstOfMonth(marketDayOf(served.config, served.clock())))),
  );
  server.get<{ Params: { runId: string } }>('/api/runs/:runId', async ({ params }) => {
    const report = await readReport(served.config.state, params.runId);
    if (report === null) throw notFound(`There is no report of a run ${params.runId}.`);
    return report;
  });
  server.get<{ Params: { id: string; day: string } }>('/api/meters/:id/:day', ({ params }) =>
    meterView(served, params.id, requireDay(params.day)),
  );
  server.get('/api/notices', () => readNotices(served.config.state));
  server.get('/api/events', (_request, reply) => {
    reply.hijack();
    if (events.add(reply.raw, headers)) return;
    reply.raw.writeHead(503, headers).end('Too many pages listen already.\n');
  });
}

/** Day number of a date in an address. @throws an error of status 400 */
export function requireDay(text: string): number {
  const day = parseIsoDate(text);
  if (day < 0) throw badRequest('A day is a date such as 2026-11-20.');
  return day;
}

/** First day of a month in an address. @throws an error of status 400 */
export function requireMonth(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const start = monthStart(text);
  if (start < 0) throw badRequest('A month is written 2026-11.');
  return start;
}
