import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expiryWarnings, loadKeys, requireValidKeys, validKeys } from '../../src/as2/keys.js';
import { newIdentity } from '../../src/as2/new-identity.js';
import { type Partner, partnerSchema } from '../../src/pipeline/config/partner-config.js';
import { makeIdentity, openssl, type TestIdentity } from './openssl.js';

const DAY_MS = 86_400_000;
let folder = '';
let us: TestIdentity;
let next: TestIdentity;
let partner: TestIdentity;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'readmill-keys-'));
  us = makeIdentity(folder, 'us');
  next = makeIdentity(folder, 'next');
  partner = makeIdentity(folder, 'partner');
});
afterAll(() => rmSync(folder, { recursive: true }));

function relation(given: Record<string, unknown> = {}): Partner {
  return partnerSchema.parse({
    name: 'sandbox',
    as2From: 'ORG00001',
    as2To: 'ORG00000',
    key: us.keyPath,
    certificate: us.certificatePath,
    partnerCertificate: partner.certificatePath,
    ...given,
  });
}

const refused = (given: Record<string, unknown>, code: string, words: RegExp) => {
  expect(() => loadKeys(relation(given))).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(words) }),
  );
};

describe('loadKeys', () => {
  it('reads PEM, one of each or two', () => {
    const one = loadKeys(relation());
    expect(one.own[0]!.certificate.x509.subject).toContain('CN=us');
    const two = loadKeys(
      relation({
        key: [us.keyPath, next.keyPath],
        certificate: [us.certificatePath, next.certificatePath],
        partnerCertificate: [partner.certificatePath, us.certificatePath],
      }),
    );
    expect([two.own.length, two.partner.length]).toEqual([2, 2]);
  });

  it.each([
    ['today', []],
    ['of old exports', ['-legacy']],
    ['with Triple DES', ['-certpbe', 'PBE-SHA1-3DES', '-keypbe', 'PBE-SHA1-3DES', '-macalg', 'sha1']],
    ['with AES-128', ['-certpbe', 'AES-128-CBC', '-keypbe', 'AES-128-CBC', '-macalg', 'sha256']],
  ])('reads PKCS#12 %s', (_, options) => {
    const path = join(folder, 'us.p12');
    const passwordPath = join(folder, 'password');
    const from = ['-inkey', us.keyPath, '-in', us.certificatePath, '-certfile', partner.certificatePath];
    rmSync(path, { force: true });
    openssl(['pkcs12', '-export', ...options, ...from, '-out', path, '-passout', 'pass:s3cret']);
    chmodSync(path, 0o600);
    writeFileSync(passwordPath, 's3cret\n', { mode: 0o600 });
    const { own } = loadKeys(relation({ key: path, certificate: undefined, keyPasswordFile: passwordPath }));
    expect(own[0]!.certificate.der.equals(us.certificate.der)).toBe(true);
    refused({ key: path, certificate: undefined }, 'READMILL_KEY_INVALID', /password is missing or wrong/);
  });

  it('refuses a key that others can read, and says what to do', () => {
    const path = join(folder, 'open.key');
    writeFileSync(path, openssl(['pkey', '-in', us.keyPath]), { mode: 0o600 });
    for (const mode of [0o644, 0o640, 0o602]) {
      chmodSync(path, mode);
      refused({ key: path }, 'READMILL_KEY_OPEN', /chmod 600/);
    }
    chmodSync(path, 0o400);
    expect(loadKeys(relation({ key: path })).own.length).toBe(1);
  });

  it('refuses keys that do not fit, are encrypted, too small or none', () => {
    refused({ key: next.keyPath }, 'READMILL_KEY_INVALID', /does not belong to the certificate/);
    const encrypted = join(folder, 'encrypted.key');
    openssl(['pkcs8', '-topk8', '-in', us.keyPath, '-out', encrypted, '-passout', 'pass:x']);
    chmodSync(encrypted, 0o600);
    refused({ key: encrypted }, 'READMILL_KEY_INVALID', /password is missing or wrong/);
    refused({ key: join(folder, 'absent') }, 'READMILL_KEY_INVALID', /cannot be read/);
    const small = join(folder, 'small');
    openssl([
      'req',
      '-x509',
      '-newkey',
      'rsa:1024',
      '-nodes',
      '-subj',
      '/CN=small',
      '-keyout',
      `${small}.key`,
      '-out',
      `${small}.crt`,
    ]);
    refused(
      { key: `${small}.key`, certificate: `${small}.crt` },
      'READMILL_CERTIFICATE_INVALID',
      /1024 bits/,
    );
    refused({ partnerCertificate: `${small}.crt` }, 'READMILL_CERTIFICATE_INVALID', /1024 bits/);
    refused({ partnerCertificate: us.keyPath }, 'READMILL_CERTIFICATE_INVALID', /cannot be read/);
  });
});

describe('dates', () => {
  it('leave out what is not valid, warn 30 days ahead, and refuse where none is left', () => {
    const keys = loadKeys(relation({ partnerCertificate: [partner.certificatePath, us.certificatePath] }));
    const endMs = partner.certificate.validToMs;
    expect(validKeys(keys, endMs - DAY_MS).partner.length).toBe(2);
    expect(expiryWarnings('sandbox', keys, endMs - 32 * DAY_MS)).toEqual([]);
    const soon = expiryWarnings('sandbox', keys, endMs - 10.5 * DAY_MS);
    expect(soon.length).toBe(3);
    expect(soon[1]).toMatch(/the partner's certificate \(serial \w+\) ends in 10 days, on 20\d\d-\d\d-\d\d/);
    expect(() => requireValidKeys('sandbox', keys, endMs + 2 * DAY_MS)).toThrow(
      expect.objectContaining({ code: 'READMILL_CERTIFICATE_EXPIRED' }),
    );
    expect(() => requireValidKeys('sandbox', keys, 0)).toThrow('not valid today');
  });
});

describe('newIdentity', () => {
  it('makes what openssl accepts and we load', async () => {
    const made = await newIdentity('Org 1', Date.now());
    const key = join(folder, 'made.key');
    const certificate = join(folder, 'made.crt');
    writeFileSync(key, made.key, { mode: 0o600 });
    writeFileSync(certificate, made.certificate);
    expect(openssl(['verify', '-CAfile', certificate, certificate]).toString()).toContain('OK');
    expect(openssl(['x509', '-in', certificate, '-noout', '-ext', 'keyUsage']).toString()).toContain(
      'Key Encipherment',
    );
    const { own } = loadKeys(relation({ key, certificate }));
    expect(own[0]!.certificate.keyIdentifier!.length).toBe(20);
    expect(expiryWarnings('x', { own, partner: [] }, Date.now())).toEqual([]);
  });
});
