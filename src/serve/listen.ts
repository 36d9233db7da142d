import type { AddressInfo } from 'node:net';
import { messageOf, ReadmillError } from '../model/errors.js';
import type { ServeConfig } from '../pipeline/config/watch-config.js';
import type { Served } from './served.js';
import { makeDashboard } from './server.js';

export interface Listening {
  url: string;
  close(): Promise<void>;
}

/**
 * Starts the dashboard.
 * @throws ReadmillError READMILL_PORT where it cannot listen; else as `makeDashboard`
 */
export async function listen(served: Served, config: ServeConfig): Promise<Listening> {
  const { host, port, tls } = config;
  const server = makeDashboard(served, config);
  try {
    await server.listen({ host, port });
  } catch (thrown) {
    const message = `${host}:${port} cannot be listened on: ${messageOf(thrown)}. Choose another serve.port, or stop what uses it.`;
    throw new ReadmillError('READMILL_PORT', message, { cause: thrown });
  }
  const bound = (server.server.address() as AddressInfo).port;
  const name = host.includes(':') ? `[${host}]` : host;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${name}:${bound}/`,
    close: () => server.close(),
  };
}
