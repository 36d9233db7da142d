/**
 * Loaded before each program that a torture starts (`--import`): ends it when the torture is no longer there, however
 * that was ended. A receiver would go on for ever.
 */
import { isMainThread } from 'node:worker_threads';

const LOOK_EVERY_MS = 500;

const parent = Number(process.env.READMILL_PARENT);
if (isMainThread && parent > 0) {
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
  }, LOOK_EVERY_MS).unref();
}
