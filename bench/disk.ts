import { spawnSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statfsSync,
  writeSync,
} from 'node:fs';
import { freemem, tmpdir } from 'node:os';
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

/** A smaller night writes so little that new memory does not count. */
const FILLED_FOR_BYTES = 64 * MIB;
/** So much memory may be free, and no more than this is filled. */
const FREE_BYTES_MAX = 3 * 1024 * MIB;
const FILLED_BYTES_MAX = 64 * 1024 * MIB;
const READ_BYTES = 16 * MIB;

/** The file that fills the memory: it has no name, and stays cached as long as this process lives. */
let filler: number | null = null;

/**
 * Fills free memory with the cache of a file on the disk, which has nothing in it, as on a server that has run for a
 * while: the system takes such pages for what is written next. Memory that lies free in a virtual machine is given
 * back to its host, and got again page by page: a night that writes 7 GB to it took up to 1.6 times as long.
 * @param folder of memory, where the night is to run; elsewhere nothing is done
 * @param inputBytes of the night
 */
export function fillMemory(folder: string, inputBytes: number): void {
  if (inputBytes < FILLED_FOR_BYTES || fileSystemType(folder) !== 'tmpfs') return;
  if (fileSystemType(tmpdir()) === 'tmpfs' || memoryBytes('MemFree') <= FREE_BYTES_MAX) return;
  filler ??= openNameless();
  const sizeBytes = Math.min(memoryBytes('MemAvailable') - FREE_BYTES_MAX, FILLED_BYTES_MAX);
  ftruncateSync(filler, sizeBytes);
  const bytes = Buffer.allocUnsafe(READ_BYTES);
  for (let at = 0; at < sizeBytes; at += READ_BYTES) readSync(filler, bytes, 0, READ_BYTES, at);
}

function openNameless(): number {
  const path = join(tmpdir(), `readmill-bench-memory-${process.pid}`);
  const fd = openSync(path, 'wx+');
  rmSync(path);
  return fd;
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
  return fileSystemType(directory) === 'tmpfs' ? Math.min(room, memoryBytes('MemAvailable')) : room;
}

/** One of the system's figures of its memory; what is free where it does not tell. */
function memoryBytes(name: 'MemAvailable' | 'MemFree'): number {
  try {
    const match = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync('/proc/meminfo', 'latin1'));
    return match ? Number(match[1]) * 1024 : freemem();
  } catch {
    return freemem();
  }
}
