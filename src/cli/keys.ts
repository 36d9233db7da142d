import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { newIdentity } from '../as2/new-identity.js';
import { messageOf, ReadmillError } from '../model/errors.js';
import { makeFolder } from '../model/make-folder.js';

export function registerKeys(program: Command): void {
  const keys = program.command('keys').description('keys and certificates for AS2');
  keys
    .command('new')
    .description('a new RSA key with a self-signed certificate, for tests')
    .requiredOption('--name <name>', 'name in the certificate and of the files')
    .requiredOption('--out <folder>', 'where NAME.key and NAME.crt go')
    .addHelpText(
      'after',
      '\nExample:\n  readmill keys new --name ORG00001 --out keys\n\nNAME.key stays with you; NAME.crt goes to your partner.',
    )
    .action(async ({ name, out }: { name: string; out: string }) => {
      if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) {
        const message = `--name must have 1 to 64 letters, digits, dots, dashes; "${name}" has not.`;
        throw new ReadmillError('READMILL_OPTION', message);
      }
      const keyPath = join(resolve(out), `${name}.key`);
      const certificatePath = join(resolve(out), `${name}.crt`);
      for (const path of [keyPath, certificatePath]) {
        if (!existsSync(path)) continue;
        const message = `${path} is there already. Choose another name or folder: a key is never overwritten.`;
        throw new ReadmillError('READMILL_OUTPUT_EXISTS', message);
      }
      const made = await newIdentity(name, Date.now());
      try {
        makeFolder(resolve(out), 0o700);
        writeFileSync(keyPath, made.key, { mode: 0o600, flag: 'wx' });
        writeFileSync(certificatePath, made.certificate, { flag: 'wx' });
      } catch (thrown) {
        const message = `${resolve(out)} cannot be written to: ${messageOf(thrown)}. Name another folder with --out.`;
        throw new ReadmillError('READMILL_OPTION', message, { cause: thrown });
      }
      process.stdout.write(
        `${keyPath}  private key: keep it\n${certificatePath}  certificate: give it to your partner\n`,
      );
    });
}
