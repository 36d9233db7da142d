// Makes sure that the programs that the tests start are there. On Debian and its like, what is missing is
// installed with apt-get where that is allowed; elsewhere the command to run is printed. Changes nothing
// where all is there.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Program, and the Debian package that brings it. */
const NEEDED = [
  ['chromium', 'chromium'],
  ['openssl', 'openssl'],
  ['redis-server', 'redis-server'],
];

const LOCK_WAIT_SECONDS = 300;
const STEP_TIMEOUT_MS = 15 * 60_000;

function isThere(program) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return folder !== '';
    } catch {
      return false;
    }
  });
}

const missingPackages = () => NEEDED.filter(([program]) => !isThere(program)).map(([, name]) => name);

/** The words to put before apt-get, or null where this user may not install. */
function rootPrefix() {
  if (!isThere('apt-get')) return null;
  if (process.getuid?.() === 0) return [];
  if (!isThere('sudo')) return null;
  return spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0 ? ['sudo', '-n'] : null;
}

function aptGet(prefix, ...words) {
  const options = ['-qq', '-o', `DPkg::Lock::Timeout=${LOCK_WAIT_SECONDS}`];
  const [command, ...args] = [
    ...prefix,
    'env',
    'DEBIAN_FRONTEND=noninteractive',
    'apt-get',
    ...options,
    ...words,
  ];
  // What apt-get has to say goes to standard error, like all else that is not a result.
  return spawnSync(command, args, { stdio: ['ignore', 2, 2], timeout: STEP_TIMEOUT_MS }).status === 0;
}

function giveUp(packages, why) {
  const list = packages.join(' ');
  console.error(
    `The tests need ${list}, ${why}. Run this, then the tests again:\n\n  sudo apt-get update && sudo apt-get install -y ${list}\n`,
  );
  process.exit(1);
}

const missing = missingPackages();
if (missing.length > 0) {
  const prefix = rootPrefix();
  if (prefix === null) giveUp(missing, 'which this user may not install');
  console.error(
    `Installing what the tests need: ${missing.join(' ')} (apt-get, this may take some minutes) ...`,
  );
  // Lists of packages that are out of date install nothing; an update that fails in part may still do.
  aptGet(prefix, 'update');
  aptGet(prefix, 'install', '-y', ...missing);
  const left = missingPackages();
  if (left.length > 0) giveUp(left, 'and apt-get did not bring them');
}
