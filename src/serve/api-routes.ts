import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { parseIsoDate } from '../model/time.js';
import { readReport } from '../watch/night-book.js';
import { readNotices } from '../watch/notices.js';
import { marketDayOf } from '../watch/schedule.js';
import { calendar, firstOfMonth, monthStart } from './calendar.js';
import { meterView } from './meter-view.js';
import { nightView } from './night-view.js';
import { badRequest, notFound } from './refusals.js';
import type { Dashboard } from './server.js';

const JSON_TYPE = 'application/json; charset=utf-8';

/** What programs may read; docs/operating/monitoring.md describes it. */
export function apiRoutes(server: FastifyInstance, { served, events, headers, answers }: Dashboard): void {
  const send = async (request: FastifyRequest, reply: FastifyReply, make: () => unknown) => {
    const text = await answers.get(request.url, async () => JSON.stringify(await make()));
    return reply.type(JSON_TYPE).send(text);
  };
  server.get('/api/tonight', (request, reply) => send(request, reply, () => nightView(served, null)));
  server.get<{ Params: { day: string } }>('/api/nights/:day', (request, reply) =>
    send(request, reply, () => nightView(served, requireDay(request.params.day))),
  );
  server.get<{ Querystring: { month?: string } }>('/api/nights', (request, reply) => {
    const thisMonth = firstOfMonth(marketDayOf(served.config, served.clock()));
    return send(request, reply, () => calendar(served, requireMonth(request.query.month, thisMonth)));
  });
  server.get<{ Params: { runId: string } }>('/api/runs/:runId', async (request, reply) =>
    send(request, reply, async () => {
      const { runId } = request.params;
      const report = await readReport(served.config.state, runId);
      if (report === null) throw notFound(`There is no report of a run ${runId}.`);
      return report;
    }),
  );
  server.get<{ Params: { id: string; day: string } }>('/api/meters/:id/:day', (request, reply) =>
    send(request, reply, () => meterView(served, request.params.id, requireDay(request.params.day))),
  );
  server.get('/api/notices', (request, reply) =>
    send(request, reply, () => readNotices(served.config.state)),
  );
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
