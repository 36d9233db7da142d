import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Readable } from 'node:stream';
import { request } from 'undici';
import { messageOf } from '../model/errors.js';
import { VERSION } from '../model/version.js';
import type { Config } from '../pipeline/config/config.js';
import type { Notice } from './notices.js';

const WEBHOOK_TIMEOUT_MS = 10_000;
const COMMAND_TIMEOUT_MS = 60_000;
/** Characters of an answer that are shown where a webhook refuses. */
const ANSWER_CHARACTERS_MAX = 200;

/** What a hook is given, as one JSON object; `text` alone is what chat programs show. */
export function noticeMessage(notice: Notice, config: Config, nowMs: number): Record<string, unknown> {
  const { id, kind, subject, level, text, firstMs, untold } = notice;
  const head = { 'night-failed': 'Night failed', 'night-late': 'Night late' } as Record<string, string>;
  const title = head[kind] ?? kind.replaceAll('-', ' ');
  return {
    tool: 'readmill',
    version: VERSION,
    host: hostname(),
    state: config.state,
    environment: config.environment ?? null,
    event: untold,
    id,
    kind,
    subject,
    level,
    since: new Date(firstMs).toISOString(),
    at: new Date(nowMs).toISOString(),
    text: untold === 'over' ? `Over: ${title}: ${text}` : `${title}: ${text}`,
  };
}

/**
 * Tells the webhook and the command of the configuration.
 * @returns what went wrong, a sentence each; empty where all were told
 */
export async function tellHooks(config: Config, message: Record<string, unknown>): Promise<string[]> {
  const { webhook, command } = config.notices;
  const body = JSON.stringify(message);
  const told = await Promise.allSettled([
    webhook === undefined ? null : post(webhook, body),
    command === undefined ? null : runCommand(command, body),
  ]);
  return told.flatMap((end) => (end.status === 'rejected' ? [messageOf(end.reason)] : []));
}

async function post(
  { url, authorizationFile }: NonNullable<Config['notices']['webhook']>,
  body: string,
): Promise<void> {
  try {
    const authorization =
      authorizationFile === undefined
        ? {}
        : { authorization: readFileSync(authorizationFile, 'utf8').trim() };
    const { statusCode, body: answer } = await request(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...authorization },
      body,
      headersTimeout: WEBHOOK_TIMEOUT_MS,
      bodyTimeout: WEBHOOK_TIMEOUT_MS,
      signal: AbortSignal.timeout(WEBHOOK_TIMEOUT_MS),
    });
    if (statusCode >= 200 && statusCode < 300) return void (await answer.dump());
    throw new Error(`HTTP ${statusCode} ${await beginningOf(answer)}`.trim());
  } catch (thrown) {
    // The address may hold a secret in its path, as those of chat programs do: only its host is shown.
    throw new Error(`The webhook at ${new URL(url).host} was not told: ${messageOf(thrown)}.`);
  }
}

/** The first characters of an answer, however long it is; the rest is not taken in. */
async function beginningOf(answer: Readable): Promise<string> {
  let bytes = Buffer.alloc(0);
  for await (const piece of answer) {
    bytes = Buffer.concat([bytes, piece as Buffer]);
    // UTF-8 has four bytes of a character at most.
    if (bytes.length >= 4 * ANSWER_CHARACTERS_MAX) break;
  }
  return bytes.toString('utf8').slice(0, ANSWER_CHARACTERS_MAX);
}

function runCommand(words: readonly string[], body: string): Promise<void> {
  const [program, ...rest] = words as [string, ...string[]];
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`The command ${program} was not told: ${why}.`));
    const child = spawn(program, rest, {
      stdio: ['pipe', 'ignore', 'inherit'],
      timeout: COMMAND_TIMEOUT_MS,
      killSignal: 'SIGKILL',
    });
    child.once('error', (error) => fail(messageOf(error)));
    child.once('close', (code, signal) => {
      if (code === 0) resolve();
      else fail(signal === null ? `it ended with ${code}` : `it was ended by ${signal}`);
    });
    // A program that does not read its input closes it: its exit code says whether it was told.
    child.stdin.once('error', () => undefined);
    child.stdin.end(`${body}\n`);
  });
}
