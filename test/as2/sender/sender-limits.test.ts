import { rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { CONNECT_TIMEOUT_MS } from '../../../src/as2/sender/connection.js';
import { ATTEMPT_MS_MAX, answerText } from '../../../src/as2/sender/post-message.js';
import { openReceiptListener } from '../../../src/as2/sender/receipt-listener.js';
import { WAIT_HERE_MS_MAX } from '../../../src/as2/sender/sender.js';
import { answeredConnections } from '../open-connections.js';
import { type Bench, type Identities, makeIdentities, openBench } from './sender-folder.js';

let identities: Identities;
let bench: Bench | null = null;
beforeAll(() => {
  identities = makeIdentities();
});
afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  await bench?.close();
  bench = null;
});
afterAll(() => rmSync(identities.folder, { recursive: true }));

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

describe('limits of an attempt', () => {
  // First in its file: the timers of undici begin with its first connection.
  it('CONNECT_TIMEOUT_MS: a host that takes a connection and says nothing is given up in time', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    let isTaken = () => {};
    const taken = new Promise<void>((resolve) => {
      isTaken = resolve;
    });
    const silent = createServer((socket) => {
      socket.on('error', () => {});
      isTaken();
    });
    const url = `https://127.0.0.1:${await listening(silent)}/as2`;
    bench = await openBench(identities, { url });
    const ended = vi.fn();
    const delivering = bench.sender.deliver(bench.consignment('N.DAT')).finally(ended);
    await taken;
    // The clock of undici ticks twice a second.
    await vi.advanceTimersByTimeAsync(CONNECT_TIMEOUT_MS - 1_000);
    expect(ended).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await delivering).toMatchObject({
      status: 'waiting',
      problem: expect.stringContaining('did not take a connection in time'),
    });
    silent.close();
  });

  it('ATTEMPT_MS_MAX: an attempt goes on until then, and is made again with the same Message-ID', async () => {
    bench = await openBench(identities);
    const end = new AbortController();
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(end.signal);
    bench.partner.behaviours = [{ isSilent: true }];
    const delivering = bench.sender.deliver(bench.consignment('N.DAT'));
    await vi.waitFor(() => expect(bench!.partner.requests).toHaveLength(1), { interval: 2 });
    expect(timeout.mock.calls).toEqual([[ATTEMPT_MS_MAX]]);
    end.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
    const record = await delivering;
    expect(record).toMatchObject({ status: 'waiting', attempts: 1 });
    timeout.mockRestore();
    bench.moveClock(6);
    expect(await bench.sender.resume(record)).toMatchObject({
      status: 'delivered',
      messageId: record.messageId,
    });
  });

  it('WAIT_HERE_MS_MAX: a wait of so long is waited for, a longer one is left to the next command', async () => {
    const waits: number[] = [];
    const wait = setTimeout;
    vi.spyOn(globalThis, 'setTimeout').mockImplementation(((work: () => void, ms = 0, ...given: []) => {
      if (ms !== WAIT_HERE_MS_MAX) return wait(work, ms, ...given);
      waits.push(ms);
      return wait(work, 0);
    }) as typeof setTimeout);
    vi.useFakeTimers({ toFake: ['Date'] });
    const record = async (retryWaitMs: number) => {
      bench = await openBench(identities, { retryWaitMinutes: [retryWaitMs / 60_000] });
      bench.partner.behaviours = [{ status: 503 }];
      const tried = await bench.sender.deliver(bench.consignment('N.DAT'));
      await bench.close();
      bench = null;
      return tried;
    };
    expect(await record(WAIT_HERE_MS_MAX)).toMatchObject({ status: 'delivered', attempts: 2 });
    expect(waits).toHaveLength(1);
    expect(await record(WAIT_HERE_MS_MAX + 1)).toMatchObject({ status: 'waiting', attempts: 1 });
  });

  it('ANSWER_CHARACTERS_MAX: so much of an answer that is no receipt is told', () => {
    const words = 'w'.repeat(199);
    expect(answerText(Buffer.from(`<p>${words}x</p>`))).toBe(`${words}x`);
    expect(answerText(Buffer.from(`${words}xy`))).toBe(`${words}x`);
  });
});

it('CONNECTIONS_MAX: the listener for receipts answers 100 connections, the next is closed', async () => {
  const free = createServer();
  const port = await listening(free);
  await new Promise((resolve) => free.close(resolve));
  const listener = await openReceiptListener({
    ...{ host: '127.0.0.1', port: port, partners: [], clock: Date.now },
    onStray: async () => {},
  });
  expect(await answeredConnections(port, 101)).toBe(100);
  await listener.close();
});
