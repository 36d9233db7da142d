/**
 * Builds or opens one message, so that time and memory are those of a process of its own:
 * `message-process.js build|open FOLDER`. Prints one line of JSON.
 */
import { createPrivateKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildMessage } from '../../src/as2/build-message.js';
import { parseCertificate } from '../../src/as2/certificate.js';
import { entityOf } from '../../src/as2/mime/entity.js';
import { micOf, openMessage } from '../../src/as2/read-message.js';
import { putFile } from '../../src/as2/receiver/received-files.js';
import { makeWorkspace } from '../../src/as2/workspace.js';
import { highWaterKib } from '../process-memory.js';

const EXPANDED_BYTES_MAX = 2 ** 40;
const [what, folder] = process.argv.slice(2) as ['build' | 'open', string];
const key = createPrivateKey(readFileSync(join(folder, 'key.pem')));
const certificate = parseCertificate(readFileSync(join(folder, 'certificate.pem')));
const spool = join(folder, 'message');

const startedMs = performance.now();
const told = what === 'build' ? await build() : await open();
const seconds = (performance.now() - startedMs) / 1000;
process.stdout.write(
  `${JSON.stringify({ ...told, seconds, highWaterKib: highWaterKib(process.pid) ?? 0 })}\n`,
);

async function build() {
  const built = await buildMessage(
    { path: join(folder, 'payload'), name: 'NIGHT.DAT', contentType: 'application/octet-stream' },
    {
      signer: { key, certificate, digest: 'sha256', scheme: 'pkcs1' },
      recipient: { certificate, cipher: 'aes256-cbc', keyTransport: 'pkcs1' },
      compressionLevel: 0,
      micDigest: 'sha256',
    },
    spool,
    Date.now(),
  );
  writeFileSync(join(folder, 'headers.json'), JSON.stringify(built.headers));
  return { mic: built.mic, sha256: '' };
}

async function open() {
  const given = JSON.parse(readFileSync(join(folder, 'headers.json'), 'utf8')) as Record<string, string>;
  const headers = new Map(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]));
  const workspace = makeWorkspace(join(folder, 'work'));
  try {
    const entity = entityOf(headers, await workspace.openFile(spool));
    const keys = { own: [{ key, certificate }], partner: [certificate], acceptSha1: false };
    const message = await openMessage(entity, keys, EXPANDED_BYTES_MAX, workspace);
    if (message.signature === null) throw new Error('The message is not signed');
    const mic = await micOf(message, 'sha256');
    const { sha256 } = await putFile(folder, '.', 'received', message.content);
    return { mic, sha256 };
  } finally {
    await workspace.dispose();
  }
}
