import type { FastifyInstance, FastifyReply } from 'fastify';
import { deliveryId } from '../as2/sender/delivery-queue.js';
import { isForPerson } from '../as2/sender/sender.js';
import { render } from '../conformance/report/html-markup.js';
import { acknowledge } from '../watch/notices.js';
import { standingOf } from '../watch/standing.js';
import type { Access } from './access.js';
import { loginPage } from './html-login.js';
import { badRequest, notFound } from './refusals.js';
import type { Dashboard } from './server.js';

interface Given {
  id?: unknown;
  all?: unknown;
  token?: unknown;
}

/** All that can be changed from the dashboard: deliveries are sent again, notices are acknowledged. */
export function actionRoutes(server: FastifyInstance, { served, answers }: Dashboard, access: Access): void {
  // What was changed is to be seen by whoever changed it.
  server.addHook('onSend', async ({ method }) => {
    if (method === 'POST') answers.forget();
  });
  server.post<{ Body: Given | null }>('/deliveries/retry', async ({ body }, reply) => {
    const said = await retry(served, body ?? {});
    return reply.redirect(`/?said=${said}`, 303);
  });
  server.post<{ Body: Given | null }>('/api/deliveries/retry', async ({ body }, reply) =>
    reply.code(202).send({ status: await retry(served, body ?? {}) }),
  );
  server.post<{ Body: Given | null }>('/notices/acknowledge', async ({ body }, reply) => {
    seen(served, body ?? {});
    return reply.redirect('/', 303);
  });
  server.post<{ Body: Given | null }>('/api/notices/acknowledge', async ({ body }, reply) => {
    seen(served, body ?? {});
    return reply.send({ status: 'acknowledged' });
  });
  if (!access.needsToken) return;
  const page = (reply: FastifyReply, isWrong: boolean) =>
    reply
      .code(isWrong ? 401 : 200)
      .type('text/html; charset=utf-8')
      .send(render(loginPage(isWrong)));
  server.get('/login', (_request, reply) => page(reply, false));
  server.post<{ Body: Given | null }>('/login', async ({ body }, reply) => {
    const cookie = access.cookieFor(String(body?.token ?? '').trim());
    return cookie === null ? page(reply, true) : reply.header('set-cookie', cookie).redirect('/', 303);
  });
  server.post('/logout', (_request, reply) =>
    reply.header('set-cookie', access.forgettingCookie).redirect('/login', 303),
  );
}

async function retry(served: Dashboard['served'], { id, all }: Given): Promise<'asked' | 'begun'> {
  const { open } = await standingOf(served.config);
  const wanted = open.filter((record) =>
    all === undefined ? deliveryId(record) === id : isForPerson(record),
  );
  if (all === undefined && typeof id !== 'string')
    throw badRequest('Name a delivery as "id", or "all" for those that wait for somebody.');
  if (wanted.length === 0)
    throw notFound('No such delivery is open: it may have been delivered in the meantime.');
  return served.retry(wanted.map(deliveryId));
}

function seen({ config, clock }: Dashboard['served'], { id }: Given): void {
  if (typeof id !== 'string' || !acknowledge(config.state, id, clock()))
    throw notFound('There is no such notice: it may be over.');
}
