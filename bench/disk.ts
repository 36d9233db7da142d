import { spawnSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeSync,
} from 'node:fs';
import { freemem } from 'node:os';
import { basename, join } from 'node:path';
import type { NightData } from './night-data.js';

const MIB = 1024 * 1024;
/** Files of the size of a batch, in writes of some MiB. */
const FILE_BYTES = 50 * MIB;
const WRITE_BYTES = 4 * MIB;

/**
 * Seconds to write so many bytes into files of the size of a batch, each with fsync: what no program that
 * keeps as much can do without.
 */
export function writeFloorSeconds(directory: string, sizeBytes: number): number {
  const folder = join(directory, 'floor');
  mkdirSync(folder, { recursive: true });
  const bytes = Buffer.alloc(WRITE_BYTES, 'MEPMD01,19970819,');
  const startedMs = performance.now();
  for (let from = 0, file = 0; from < sizeBytes; from += FILE_BYTES, file++) {
    const end = Math.min(from + FILE_BYTES, sizeBytes);
    const fd = openSync(join(folder, String(file)), 'w');
    for (let at = from; at < end; at += WRITE_BYTES)
      writeAll(fd, bytes.subarray(0, Math.min(WRITE_BYTES, end - at)));
    fsyncSync(fd);
    closeSync(fd);
  }
  const seconds = (performance.now() - startedMs) / 1000;
  rmSync(folder, { recursive: true });
  return seconds;
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
}

/** What a night writes to files that are there at one time, and the memory of its process, as a multiple of its input. */
const NIGHT_ROOM_FACTOR = 2.5;
const TOUCH_BYTES = 16 * MIB;

/**
 * Where a folder is of memory, touches as much of it as a night writes, so that the night finds it in the machine's
 * hands: a virtual machine is given memory at the first touch only, and gives back what lies free for some seconds.
 * The night that writes 9 GB to memory never touched took up to 1.6 times as long, all of it in the system.
 * @param inputBytes of the night's files
 */
export function touchRoom(folder: string, inputBytes: number): void {
  if (fileSystemType(folder) !== 'tmpfs') return;
  const sizeBytes = Math.min(inputBytes * NIGHT_ROOM_FACTOR, roomBytes(folder) / 2);
  const path = join(folder, 'touched');
  const fd = openSync(path, 'w');
  const bytes = Buffer.alloc(TOUCH_BYTES);
  for (let at = 0; at < sizeBytes; at += TOUCH_BYTES) writeAll(fd, bytes);
  closeSync(fd);
  rmSync(path);
}

/** The same night in another folder, and on its disk for good, so that nothing of the copy is still to be written. */
export function copyNight(night: NightData, directory: string): NightData {
  mkdirSync(directory, { recursive: true });
  const copied = (path: string) => {
    const to = join(directory, basename(path));
    copyFileSync(path, to);
    const fd = openSync(to, 'r+');
    fsyncSync(fd);
    closeSync(fd);
    return to;
  };
  return { ...night, directory, files: night.files.map(copied), registerPath: copied(night.registerPath) };
}

/** Type of the file system that a folder lies on, as `df` names it. */
export function fileSystemType(directory: string): string {
  const { stdout, status } = spawnSync('df', ['--output=fstype', directory], { encoding: 'latin1' });
  return status === 0 ? stdout.trim().split('\n').at(-1)! : 'of unknown type';
}

/** Where a folder is of memory, its room is memory too: then what the machine has free counts. */
export function roomBytes(directory: string): number {
  const { bavail, bsize } = statfsSync(directory);
  const room = bavail * bsize;
  return fileSystemType(directory) === 'tmpfs' ? Math.min(room, availableMemoryBytes()) : room;
}

function availableMemoryBytes(): number {
  try {
    const match = /^MemAvailable:\s+(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'latin1'));
    return match ? Number(match[1]) * 1024 : freemem();
  } catch {
    return freemem();
  }
}
