import { mkdirSync, renameSync } from 'node:fs';
import { open, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { Dice } from '../../fuzz/soup.js';
import type { NightFile } from '../made-files.js';
import { inboxOf } from '../night-folder.js';

/** A writer pauses for less than the age that `watch` waits for (`MINIMUM_AGE_SECONDS` of the soak). */
const PART_PAUSE_MS = 700;
const PARTS_MAX = 4;
/** After so long, at the most, a file is taken out of the inbox again, and for so long. */
const TAKEN_AFTER_MS = 8_000;
const TAKEN_FOR_MS = 6_000;

type Way = (end: HeadEnd, file: NightFile) => Promise<void>;

/** How files come, by the name that the page gives it. The plain way is taken most often. */
const WAYS: readonly [name: string, way: Way][] = [
  ['written at once', (end, file) => end.write(file)],
  ['written at once', (end, file) => end.write(file)],
  ['written in parts under its name', (end, file) => end.writeInParts(file)],
  ['written under another name, then renamed', (end, file) => end.renameIn(file)],
  ['written under another name, then renamed', (end, file) => end.renameIn(file)],
  ['half of it first, then replaced by the whole', (end, file) => end.replace(file)],
  ['taken out of the inbox, and put back', (end, file) => end.takeOutAndBack(file)],
  ['beside a packed file that is cut off', (end, file) => end.damage(file)],
];

/** Brings files into the inboxes of a folder, one after the other, each in its own way. */
export class HeadEnd {
  /** All files that came, the damaged ones too. */
  readonly arrived: NightFile[] = [];
  /** By way: files that came so. */
  readonly ways = new Map<string, number>();
  private readonly coming = new Set<Promise<void>>();
  private readonly aside: string;

  constructor(
    private readonly root: string,
    private readonly dice: Dice,
  ) {
    this.aside = join(root, 'aside');
    mkdirSync(this.aside);
  }

  /** Begins to bring a file. */
  bring(file: NightFile): void {
    const [name, way] = this.dice.oneOf(WAYS);
    this.arrived.push(file);
    this.ways.set(name, (this.ways.get(name) ?? 0) + 1);
    const work = way(this, file).finally(() => this.coming.delete(work));
    this.coming.add(work);
  }

  /** Settles when all that was begun is there. @throws what went wrong on the way */
  async settled(): Promise<void> {
    await Promise.all(this.coming);
  }

  write(file: NightFile): Promise<void> {
    return writeFile(this.place(file), file.bytes);
  }

  async writeInParts(file: NightFile): Promise<void> {
    const { bytes } = file;
    const parts = 2 + this.dice.below(PARTS_MAX - 1);
    const handle = await open(this.place(file), 'wx');
    try {
      for (let i = 0; i < parts; i++) {
        if (i > 0) await sleep(this.dice.below(PART_PAUSE_MS));
        const [from, to] = [i, i + 1].map((part) => Math.floor((bytes.length * part) / parts));
        await handle.write(bytes.subarray(from, to));
      }
    } finally {
      await handle.close();
    }
  }

  async renameIn(file: NightFile): Promise<void> {
    const path = this.place(file);
    const unfinished = `${path}.part`;
    await writeFile(unfinished, file.bytes.subarray(0, Math.floor(file.bytes.length / 2)));
    await sleep(this.dice.below(2 * PART_PAUSE_MS));
    await writeFile(unfinished, file.bytes);
    await rename(unfinished, path);
  }

  async replace(file: NightFile): Promise<void> {
    const path = this.place(file);
    await writeFile(path, file.bytes.subarray(0, Math.floor(file.bytes.length / 2)));
    const whole = this.beside(file);
    await writeFile(whole, file.bytes);
    await sleep(this.dice.below(PART_PAUSE_MS));
    await rename(whole, path);
  }

  async takeOutAndBack(file: NightFile): Promise<void> {
    const path = this.place(file);
    await writeFile(path, file.bytes);
    await sleep(this.dice.below(TAKEN_AFTER_MS));
    const aside = this.beside(file);
    try {
      renameSync(path, aside);
    } catch {
      // It was put away already.
      return;
    }
    await sleep(this.dice.below(TAKEN_FOR_MS));
    renameSync(aside, path);
  }

  async damage(file: NightFile): Promise<void> {
    const packed = gzipSync(file.content);
    const bytes = packed.subarray(0, Math.floor(packed.length / 2));
    const damaged = { ...file, name: `cut-${file.name.replace(/\.gz$/, '')}.gz`, bytes, defects: [] };
    this.arrived.push(damaged);
    await writeFile(this.place(damaged), bytes);
    await this.write(file);
  }

  private place({ source, name }: NightFile): string {
    return join(this.root, inboxOf(source), name);
  }

  private beside({ source, name }: NightFile): string {
    return join(this.aside, `${source}-${name}`);
  }
}
