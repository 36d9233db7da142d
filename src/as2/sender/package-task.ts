import type { WorkerPool } from '../../pipeline/worker-pool.js';
import { type BuiltMessage, buildMessage, type PayloadFile, type Protection } from '../build-message.js';
import type { Certificate } from '../certificate.js';
import type { BuildMessage } from './package-delivery.js';

/** A message to be built in a worker thread. */
export interface PackageTask {
  payload: PayloadFile;
  protection: Protection;
  spoolPath: string;
  nowMs: number;
}

/** Name of the task among those of `workers/night.ts`. */
const TASK = 'packageMessage';

/** Builds messages in the threads of a run. */
export function buildInThreads(pool: WorkerPool): BuildMessage {
  return (payload, protection, spoolPath, nowMs) => {
    const task: PackageTask = { payload, protection, spoolPath, nowMs };
    return pool.runNamed<BuiltMessage>(TASK, task);
  };
}

/** The thread's side: keys and certificates go between threads as they are, buffers come as plain bytes. */
export function packageMessage({
  payload,
  protection,
  spoolPath,
  nowMs,
}: PackageTask): Promise<BuiltMessage> {
  const { signer, recipient } = protection;
  const whole: Protection = {
    ...protection,
    signer: signer === null ? null : { ...signer, certificate: again(signer.certificate) },
    recipient: recipient === null ? null : { ...recipient, certificate: again(recipient.certificate) },
  };
  return buildMessage(payload, whole, spoolPath, nowMs);
}

/** Parsing it again would load what parses it. */
const again = (certificate: Certificate): Certificate => ({
  ...certificate,
  der: Buffer.from(certificate.der),
  issuer: Buffer.from(certificate.issuer),
  serial: Buffer.from(certificate.serial),
});
