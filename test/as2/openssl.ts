import { execFileSync } from 'node:child_process';
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Certificate, parseCertificate } from '../../src/as2/certificate.js';

/** Runs the openssl command line: what it makes and reads is the referee of our messages. */
export function openssl(args: readonly string[], input?: Buffer): Buffer {
  return execFileSync('openssl', args, {
    ...(input === undefined ? {} : { input }),
    stdio: ['pipe', 'pipe', 'pipe'],
    maxBuffer: 1 << 28,
  });
}

export interface TestIdentity {
  keyPath: string;
  certificatePath: string;
  key: KeyObject;
  certificate: Certificate;
}

/** A fresh RSA key with its self-signed certificate, made by openssl. */
export function makeIdentity(folder: string, name: string): TestIdentity {
  const keyPath = join(folder, `${name}.key`);
  const certificatePath = join(folder, `${name}.crt`);
  openssl([
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '400', '-subj', `/O=Test/CN=${name}`],
    ...['-keyout', keyPath, '-out', certificatePath],
  ]);
  return {
    keyPath,
    certificatePath,
    key: createPrivateKey(readFileSync(keyPath)),
    certificate: parseCertificate(readFileSync(certificatePath)),
  };
}
