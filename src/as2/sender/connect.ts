import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../model/errors.js';
import { VERSION } from '../../model/version.js';
import type { DeliveryConfig } from '../../pipeline/config/config.js';
import { buildMessage } from '../build-message.js';
import { expiryWarnings, loadKeys, requireValidKeys } from '../keys.js';
import { awaitReceipt } from './attempt.js';
import { connectionsTo } from './connection.js';
import { type DeliveryRecord, newMessageId } from './delivery-queue.js';
import { keepReceipt } from './evidence.js';
import { type Outcome, outcomeOfPost } from './outcome.js';
import { type Partner, protectionOf, subjectOf } from './partner.js';
import { postMessage } from './post-message.js';
import { reachPort, resolveName, type StepResult, shakeHands } from './reach.js';
import { openReceiptListener, type ReceiptListener } from './receipt-listener.js';
import { requestHeaders } from './request-headers.js';

export const STEPS = ['keys', 'name', 'connection', 'tls', 'message', 'answer', 'receipt', 'mic'] as const;
export type StepName = (typeof STEPS)[number];

export interface ConnectStep extends StepResult {
  step: StepName;
  milliseconds: number;
}

/** What a connectivity test found: evidence that can be filed. */
export interface ConnectRecord {
  tool: string;
  environment: string;
  partner: string;
  url: string;
  as2From: string;
  as2To: string;
  startedAt: string;
  isConnected: boolean;
  steps: ConnectStep[];
  file: { name: string; sizeBytes: number; sha256: string };
  messageId: string | null;
  mic: { value: string; digest: string } | null;
  signer: { subject: string; serial: string } | null;
  /** Path of the receipt that came; null where none did. */
  receipt: string | null;
}

export interface ConnectOptions {
  config: DeliveryConfig;
  environment: string;
  partner: Partner['config'];
  /** Name and content of the file that is sent. */
  fileName: string;
  content: Buffer;
  /** Folder for the message and the receipt. */
  folder: string;
  clock(): number;
  onStep(step: ConnectStep): void;
}

/** The parts of a test that later steps build on. */
interface Progress {
  partner: Partner | null;
  record: DeliveryRecord | null;
  outcome: Outcome | null;
}

/**
 * Goes the whole way to a partner step by step, as far as it goes: keys and certificates, name, connection, TLS,
 * message, answer, receipt, MIC. A step after one that failed is not reached.
 */
export async function testConnection(options: ConnectOptions): Promise<ConnectRecord> {
  const { config, partner: settings, clock } = options;
  const startedAt = new Date(clock()).toISOString();
  const progress: Progress = { partner: null, record: null, outcome: null };
  const listener: { open: ReceiptListener | null } = { open: null };
  const steps: ConnectStep[] = [];
  const works: Record<StepName, () => Promise<StepResult> | StepResult> = {
    keys: () => checkKeys(options, progress),
    name: () => resolveName(settings),
    connection: () => reachPort(settings),
    tls: () => shakeHands(settings, clock()),
    message: () => packageFile(options, progress),
    answer: async () => {
      if (settings.mdn === 'async' && config.mdnListener !== undefined)
        listener.open = await openReceiptListener({
          ...config.mdnListener,
          partners: [progress.partner!],
          clock,
          onStray: async () => {},
        });
      return postFile(options, progress, listener.open);
    },
    receipt: () => checkReceipt(progress, settings),
    mic: () => checkMic(progress),
  };
  try {
    for (const step of STEPS) {
      const hasFailed = steps.some(({ outcome }) => outcome === 'failed');
      const result = hasFailed
        ? { outcome: 'not reached' as const, detail: '', remedy: null, milliseconds: 0 }
        : await timed(works[step]);
      steps.push({ step, ...result });
      options.onStep(steps.at(-1)!);
    }
    return await recordOf(options, startedAt, steps, progress);
  } finally {
    await listener.open?.close();
  }
}

async function timed(
  work: () => Promise<StepResult> | StepResult,
): Promise<StepResult & { milliseconds: number }> {
  const startedMs = performance.now();
  let result: StepResult;
  try {
    result = await work();
  } catch (thrown) {
    result = failed(messageOf(thrown), 'Mend this, then run the test again.');
  }
  return { ...result, milliseconds: Math.round(performance.now() - startedMs) };
}

const ok = (detail: string): StepResult => ({ outcome: 'ok', detail, remedy: null });
const failed = (detail: string, remedy: string): StepResult => ({ outcome: 'failed', detail, remedy });

function checkKeys({ partner: config, clock }: ConnectOptions, progress: Progress): StepResult {
  const keys = loadKeys(config);
  const { own, partner } = requireValidKeys(config.name, keys, clock());
  progress.partner = { config, keys };
  const warnings = expiryWarnings(config.name, keys, clock());
  const until = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  const detail = `ours is valid until ${until(own[0]!.certificate.validToMs)}, the partner's until ${until(partner[0]!.validToMs)}`;
  return warnings.length === 0
    ? ok(detail)
    : { outcome: 'warning', detail: `${detail}. ${warnings.join(' ')}`, remedy: null };
}

async function packageFile(
  { partner: config, fileName, content, folder, clock }: ConnectOptions,
  progress: Progress,
): Promise<StepResult> {
  const nowMs = clock();
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, fileName);
  writeFileSync(path, content, { mode: 0o600 });
  const payload = { path, name: fileName, contentType: config.contentType };
  const message = await buildMessage(
    payload,
    protectionOf(progress.partner!, nowMs),
    messagePath(path),
    nowMs,
  );
  progress.record = {
    partner: config.name,
    file: fileName,
    path,
    sizeBytes: content.length,
    sha256: sha256Of(content),
    runId: null,
    messageId: newMessageId(config.as2From),
    status: 'packaged',
    packagedMs: nowMs,
    message,
    settings: '',
    attempts: 1,
    failures: 0,
    lastAttemptMs: nowMs,
    nextAttemptMs: null,
    problem: null,
    evidence: null,
    settledMs: null,
  };
  return ok(`${fileName}, ${content.length} bytes, is packaged as ${message.sizeBytes} bytes`);
}

const messagePath = (path: string): string => `${path}.message`;
const sha256Of = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

async function postFile(
  { clock }: ConnectOptions,
  progress: Progress,
  listener: ReceiptListener | null,
): Promise<StepResult> {
  const partner = progress.partner!;
  const record = progress.record!;
  const coming = listener?.expect(record.messageId);
  const connections = connectionsTo(partner.config);
  try {
    const headers = requestHeaders(record, partner, clock());
    const { sizeBytes } = record.message;
    const result = await postMessage(
      partner.config,
      connections,
      headers,
      messagePath(record.path),
      sizeBytes,
    );
    if (result.kind === 'failure')
      return failed(result.problem, 'See whether the message arrived there at all.');
    progress.outcome = await outcomeOfPost(result, partner, record, clock());
    if (progress.outcome.kind === 'awaited')
      progress.outcome = await awaitReceipt(coming?.receipt, record, partner);
    const { status } = result;
    if (status >= 200 && status < 300) return ok(`HTTP ${status}`);
    const { problem } = progress.outcome as { problem: string };
    return failed(problem, 'When that is mended, run the test again.');
  } finally {
    coming?.cancel();
    rmSync(messagePath(record.path), { force: true });
    await connections.close();
  }
}

function checkReceipt({ outcome }: Progress, { mdn }: Partner['config']): StepResult {
  if (outcome === null || outcome.kind === 'awaited') return failed('no receipt came', 'Ask the partner.');
  if (mdn === 'none') return { outcome: 'warning', detail: 'this partner gives no receipts', remedy: null };
  const { receipt } = outcome;
  if (receipt === null)
    return failed((outcome as { problem: string }).problem, 'Ask the partner for a signed receipt (MDN).');
  if (receipt.mdn === null)
    return failed(
      (outcome as { problem: string }).problem,
      "Check the partner's certificate with the partner.",
    );
  const { signature } = receipt.mdn;
  if (outcome.kind === 'delivered' || outcome.kind === 'unproven') {
    if (signature === null) return { outcome: 'warning', detail: 'not signed, as agreed', remedy: null };
    const { x509 } = signature.certificate;
    return ok(`processed, signed by ${subjectOf(signature.certificate)} (serial ${x509.serialNumber})`);
  }
  const { problem } = outcome;
  if (/MIC/.test(problem)) return ok('signed by the partner');
  return failed(problem, 'Check with the partner: AS2 names, certificates of both sides, algorithms.');
}

function checkMic({ outcome, record }: Progress): StepResult {
  if (outcome?.kind === 'delivered')
    return ok(`equal: ${record!.message.mic} (${record!.message.micDigest}): what arrived is what was sent`);
  if (outcome?.kind === 'unproven')
    return { outcome: 'warning', detail: 'nothing is proved without a signed receipt', remedy: null };
  const problem = outcome === null || outcome.kind === 'awaited' ? 'no receipt' : outcome.problem;
  return failed(problem, 'Agree with the partner on compression before or after signing, and on the digest.');
}

async function recordOf(
  { partner, environment, fileName, content, folder }: ConnectOptions,
  startedAt: string,
  steps: ConnectStep[],
  { record, outcome }: Progress,
): Promise<ConnectRecord> {
  const receipt = outcome === null || outcome.kind === 'awaited' ? null : outcome.receipt;
  const signature = receipt?.mdn?.signature ?? null;
  const { name, url, as2From, as2To } = partner;
  const kept =
    record === null || receipt === null || outcome === null || outcome.kind === 'awaited'
      ? null
      : (await keepReceipt(record, receipt, outcome.kind, null, folder, null)).path;
  return {
    tool: `readmill ${VERSION}`,
    environment,
    partner: name,
    url,
    as2From,
    as2To,
    startedAt,
    isConnected: steps.every(({ outcome: one }) => one !== 'failed' && one !== 'not reached'),
    steps,
    file: { name: fileName, sizeBytes: content.length, sha256: sha256Of(content) },
    messageId: record?.messageId ?? null,
    mic: record === null ? null : { value: record.message.mic, digest: record.message.micDigest },
    signer:
      signature === null
        ? null
        : { subject: subjectOf(signature.certificate), serial: signature.certificate.x509.serialNumber },
    receipt: kept,
  };
}
