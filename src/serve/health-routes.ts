import type { FastifyInstance } from 'fastify';
import { messageOf } from '../model/errors.js';
import { standingOf } from '../watch/standing.js';
import type { Metrics } from './metrics.js';
import type { Dashboard } from './server.js';

/** A watch that has not looked into the inboxes for so many polls, and at least so long, does not work. */
const POLLS_MISSED_MAX = 6;
const SILENT_MS_LEAST = 120_000;

/** Whether the process lives, whether it can do its work, and its metrics. */
export function healthRoutes(
  server: FastifyInstance,
  { served, answers }: Dashboard,
  metrics: Metrics,
): void {
  server.get('/health/live', (_request, reply) => reply.send({ status: 'ok' }));
  server.get('/health/ready', async (_request, reply) => {
    const problem = await whyNotReady(served);
    return problem === null
      ? reply.send({ status: 'ok' })
      : reply.code(503).send({ status: 'not ready', problem });
  });
  server.get('/metrics', async (request, reply) => {
    const text = await answers.get(request.url, () => metrics.text());
    return reply.type(metrics.registry.contentType).send(text);
  });
}

/** No path and no name of the data: who asks may be anybody. */
async function whyNotReady({ config, watch, clock }: Dashboard['served']): Promise<string | null> {
  try {
    await standingOf(config);
  } catch (thrown) {
    return messageOf(thrown).replaceAll(config.state, 'state folder');
  }
  if (watch === null) return null;
  const { status } = watch;
  if (status.isStopping) return 'it is stopping';
  if (status.failure !== null) return `the last run failed: ${status.failure.code || 'error'}`;
  const silentMs = clock() - (status.polledMs ?? status.sinceMs);
  const limitMs = Math.max(SILENT_MS_LEAST, config.watch.pollSeconds * 1000 * POLLS_MISSED_MAX);
  return status.phase === 'waiting' && silentMs > limitMs
    ? 'the inboxes were not looked at for a while'
    : null;
}
