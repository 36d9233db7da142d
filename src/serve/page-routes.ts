import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Markup, render } from '../conformance/report/html-markup.js';
import { isoDate, parseZone } from '../model/time.js';
import { timeOf } from '../watch/retention.js';
import { marketDayOf } from '../watch/schedule.js';
import { requireDay, requireMonth } from './api-routes.js';
import { calendar, firstOfMonth } from './calendar.js';
import { calendarMain } from './html-calendar.js';
import { type LayoutParts, layout } from './html-layout.js';
import { hrefOf, meterForm, meterMain } from './html-meter.js';
import { nightMain } from './html-night.js';
import { meterView } from './meter-view.js';
import { nightView } from './night-view.js';
import { notFound } from './refusals.js';
import type { Dashboard } from './server.js';

/** What the page says after an action of the reader, by the word that the action leaves in the address. */
const SAID: Readonly<Record<string, string>> = {
  asked: 'They are sent again as soon as no run is under way.',
  begun: 'They are being sent again.',
};
/** A report stands by itself: its styles are in it, and nothing may run. */
const REPORT_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const HTML = 'text/html; charset=utf-8';

/** The pages for people. */
export function pageRoutes(server: FastifyInstance, dashboard: Dashboard): void {
  const { served, answers, needsToken } = dashboard;
  const zone = parseZone(served.config.marketTimeZone)!;
  const today = () => marketDayOf(served.config, served.clock());
  const send = async (
    request: FastifyRequest,
    reply: FastifyReply,
    page: Pick<LayoutParts, 'title' | 'page' | 'isLive'>,
    make: () => Markup | Promise<Markup>,
  ) => {
    const environment = served.config.environment ?? null;
    // The script of the page asks for its main part alone.
    const isPart = request.headers['x-part'] === 'main';
    const text = await answers.get(`${isPart ? 'part' : 'page'} ${request.url}`, async () => {
      const body = await make();
      return render(isPart ? body : layout({ ...page, environment, body, canLogOut: needsToken }));
    });
    return reply.type(HTML).send(text);
  };
  server.get<{ Querystring: { said?: string } }>('/', (request, reply) => {
    const said = String(request.query.said ?? '');
    return send(request, reply, { title: 'readmill: tonight', page: 'tonight', isLive: true }, async () =>
      nightMain(await nightView(served, null), Object.hasOwn(SAID, said) ? SAID[said]! : null),
    );
  });
  server.get<{ Querystring: { month?: string } }>('/nights', async (request, reply) => {
    const month = requireMonth(request.query.month, firstOfMonth(today()));
    const title = `readmill: nights of ${isoDate(month).slice(0, 7)}`;
    return send(request, reply, { title, page: 'nights' }, async () =>
      calendarMain(await calendar(served, month)),
    );
  });
  server.get<{ Params: { day: string } }>('/nights/:day', async (request, reply) => {
    const day = requireDay(request.params.day);
    if (day === today()) return reply.redirect('/', 303);
    const title = `readmill: night of ${isoDate(day)}`;
    return send(request, reply, { title, page: 'nights' }, async () =>
      nightMain(await nightView(served, day), null),
    );
  });
  server.get<{ Params: { runId: string } }>('/runs/:runId', (request, reply) =>
    sendReport(served.config.state, request.params.runId, reply),
  );
  server.get<{ Querystring: { id?: string; day?: string } }>('/meters', async (request, reply) => {
    const { id, day } = request.query;
    const given = typeof id === 'string' ? id.trim() : '';
    const yesterday = isoDate(today() - 1);
    if (given !== '') return reply.redirect(hrefOf(given, isoDate(requireDay(day ?? yesterday))), 303);
    return send(request, reply, { title: 'readmill: a meter', page: 'meters' }, () =>
      meterForm('', yesterday, null),
    );
  });
  server.get<{ Params: { id: string } }>('/meters/:id', (request, reply) =>
    reply.redirect(hrefOf(request.params.id, isoDate(today() - 1)), 303),
  );
  // The end of a slot lies in the read day that it ends.
  server.get<{ Params: { id: string; stamp: string } }>('/meters/:id/at/:stamp', (request, reply) => {
    const ms = Date.parse(request.params.stamp);
    const day = Number.isNaN(ms) ? today() - 1 : marketDayOf(served.config, ms - 1);
    return reply.redirect(hrefOf(request.params.id, isoDate(day)), 303);
  });
  server.get<{ Params: { id: string; day: string } }>('/meters/:id/:day', async (request, reply) => {
    const day = requireDay(request.params.day);
    const title = `readmill: ${request.params.id}, ${isoDate(day)}`;
    return send(request, reply, { title, page: 'meters' }, async () =>
      meterMain(await meterView(served, request.params.id, day), zone),
    );
  });
}

async function sendReport(state: string, runId: string, reply: FastifyReply): Promise<FastifyReply> {
  const path = join(state, 'reports', runId, 'report.html');
  const isThere =
    timeOf(runId) !== null &&
    (await stat(path).then(
      () => true,
      () => false,
    ));
  if (!isThere) throw notFound('There is no report of that run: it may have been removed.');
  return reply.type(HTML).header('content-security-policy', REPORT_POLICY).send(createReadStream(path));
}
