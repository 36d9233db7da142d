import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newIdentity } from '../../src/as2/new-identity.js';
import { thisMachine } from '../machine.js';
import { type LargeMessageFigure, measureLargeMessage } from './large-message.js';
import { as2Page } from './page.js';
import { type LoadFigure, measureLoad } from './receiver-load.js';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const PAGE = new URL('../../../docs/benchmarks-as2.md', import.meta.url);

/** The AS2 part of the bench: large messages against openssl, and a receiver under load. */
export async function benchAs2(folder: string, isShort: boolean): Promise<string[]> {
  const identity = await newIdentity('bench', Date.now());
  writeFileSync(join(folder, 'key.pem'), identity.key, { mode: 0o600 });
  writeFileSync(join(folder, 'certificate.pem'), identity.certificate);
  const sizes: [sizeBytes: number, rounds: number][] = isShort
    ? [[3 * MIB, 1]]
    : [
        [512 * MIB, 5],
        [2 * GIB, 1],
      ];
  const messages: LargeMessageFigure[] = [];
  for (const [sizeBytes, rounds] of sizes) {
    const figure = measureLargeMessage(folder, sizeBytes, rounds);
    process.stdout.write(
      `${sizeBytes / MIB} MiB: built in ${figure.buildSeconds.toFixed(2)} s, openssl ${figure.opensslSeconds.toFixed(2)} s, opened in ${figure.openSeconds.toFixed(2)} s\n`,
    );
    messages.push(figure);
  }
  const loads: LoadFigure[] = [];
  for (const payloadBytes of [4096, MIB]) {
    const place = join(folder, `load-${payloadBytes}`);
    mkdirSync(place);
    writeFileSync(join(place, 'key.pem'), identity.key, { mode: 0o600 });
    writeFileSync(join(place, 'certificate.pem'), identity.certificate);
    const figure = await measureLoad(place, payloadBytes, isShort ? 2 : 60);
    process.stdout.write(
      `${payloadBytes / 1024} KiB: ${figure.messagesPerSecond.toFixed(1)} messages a second, ${figure.errors} errors\n`,
    );
    loads.push(figure);
  }
  if (!isShort) {
    writeFileSync(PAGE, as2Page(thisMachine(), messages, loads));
    process.stdout.write('Written: docs/benchmarks-as2.md\n');
  }
  return [
    ...messages.flatMap(({ wrong }) => wrong),
    ...loads.filter(({ errors }) => errors > 0).map(({ errors }) => `${errors} messages were not taken`),
  ];
}
