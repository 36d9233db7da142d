import { closeSync, fstatSync, openSync } from 'node:fs';
import { readFully } from '../read-fully.js';

/**
 * Checks the pages of an LMDB file (data version 2, little-endian) before LMDB itself maps them: it trusts what
 * it finds there, and a page that is damaged or cut off could end the process. A page is one of these at most: a
 * meta page, a page of the tree of entries, a page of the tree of free pages, a free page.
 *
 * | Part of a page   | Where | What                                                              |
 * | ---------------- | ----: | ----------------------------------------------------------------- |
 * | number           |     0 | 8 bytes                                                           |
 * | transaction      |     8 | 8 bytes: the one that wrote it; LMDB writes into a page of a later one in place |
 * | kind             |    18 | 2 bytes: 1 branch, 2 leaf, 4 overflow, 8 meta                     |
 * | bounds           |    20 | 2 and 2 bytes: end of the list of places, begin of the nodes, both counted from 24; of an overflow page: 4 bytes, how many pages |
 * | places of nodes  |    24 | 2 bytes each, counted from 24                                     |
 *
 * A node: length of its value, or in a branch the number of its page (4 bytes, in a branch 2 more), flags (2),
 * length of its key (2), key, value. Meta page: magic at 24, page size at 48, trees at 48 and 96, number of the
 * last page at 144, number of the transaction at 152. The two meta pages are written in turn, and nothing that the
 * earlier one knows is written over before it is: both are checked, as LMDB would go back to the earlier one where
 * the number of the later one is damaged.
 */
const MAGIC = 0xbeefc0de;
const DATA_VERSION = 2;
const PAGE_BYTES_MIN = 512;
const PAGE_BYTES_MAX = 65_536;
const HEADER_BYTES = 24;
const PAGE_TRANSACTION = 8;
const NODE_BYTES = 8;
const META_BYTES = 160;
const KIND = { branch: 1, leaf: 2, overflow: 4, meta: 8 } as const;
/** What stands for a value that lies on overflow pages: number of the first, its transaction, how many; 8 bytes each. */
const ELSEWHERE_BYTES = 24;
const NODE_ON_OVERFLOW = 1;
const NODE_PLAIN = 0;
/** The two trees: where they are told of, with what flags, and how their keys are ordered. */
const FREE_TREE: Tree = { at: 48, flags: 8, flagsMask: 0xefff, compare: compareNumbers };
const MAIN_TREE: Tree = { at: 96, flags: 0, flagsMask: 0xffff, compare: Buffer.compare };
const IN_TREE = { flags: 4, depth: 6, branch: 8, leaf: 16, overflow: 24, entries: 32, root: 40 } as const;
const ADDRESS = 32;
const MAP_SIZE = 40;
const MAP_BYTES_MAX = 1_099_511_627_776;
const LAST_PAGE = 144;
const TRANSACTION = 152;
const NO_PAGE = 0xffff_ffff_ffff_ffffn;
/** Depth of a tree; LMDB has no deeper ones. */
const TREE_DEPTH_MAX = 32;
/** A commit of another process may lie between two looks at the file: then it is looked at again, so many times. */
const LOOKS_MAX = 20;

class Damage extends Error {}

interface Tree {
  at: number;
  flags: number;
  /** With the tree of free pages stands a flag of the whole file, which says how it was synced last. */
  flagsMask: number;
  compare(a: Uint8Array, b: Uint8Array): number;
}

function numberKey(number: bigint): Uint8Array {
  const key = new Uint8Array(8);
  new DataView(key.buffer).setBigUint64(0, number, true);
  return key;
}

/** Keys that are whole numbers of 8 bytes. */
function compareNumbers(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== 8 || b.length !== 8) throw new Damage('the list of free pages is damaged');
  const number = (key: Uint8Array) => new DataView(key.buffer, key.byteOffset).getBigUint64(0, true);
  return number(a) < number(b) ? -1 : number(a) > number(b) ? 1 : 0;
}

/**
 * Says what is damaged in an LMDB file, or null where nothing is. Bytes that hold nothing are not looked at.
 * @throws the system's error where the file cannot be read
 */
export function damageOfPages(path: string): string | null {
  for (let look = 1; ; look++) {
    const fd = openSync(path, 'r');
    try {
      // Another process is just making it.
      if (fstatSync(fd).size === 0) return null;
      const [earlier, later] = metasOf(fd);
      try {
        new PageWalk(fd, later).check();
        new PageWalk(fd, earlier).check();
        return null;
      } catch (thrown) {
        if (!(thrown instanceof Damage)) throw thrown;
        const [, latest] = metasOf(fd);
        if (latest.transaction === later.transaction) return thrown.message;
        // The process that writes all the time looked at them when it opened the file.
        if (look === LOOKS_MAX) return null;
      }
    } catch (thrown) {
      if (!(thrown instanceof Damage)) throw thrown;
      if (look === LOOKS_MAX) return thrown.message;
    } finally {
      closeSync(fd);
    }
  }
}

interface Meta {
  pageBytes: number;
  pages: number;
  transaction: bigint;
  view: DataView;
}

/** The two meta pages, the earlier first. */
function metasOf(fd: number): [Meta, Meta] {
  const first = readMeta(fd, 0);
  const pageBytes = first?.pageBytes ?? PAGE_BYTES_MIN * 8;
  const second = readMeta(fd, pageBytes);
  if (first === null || second === null || first.pageBytes !== second.pageBytes) throw damagedMeta();
  const [earlier, later] = first.transaction > second.transaction ? [second, first] : [first, second];
  const isNew = later.transaction === 0n;
  const isInTurn = later.transaction - earlier.transaction === 1n;
  const isInPlace = later === (later.transaction % 2n === 0n ? first : second);
  if (!isNew && !(isInTurn && isInPlace)) throw damagedMeta();
  return [earlier, later];
}

const damagedMeta = () => new Damage('a page that says where all others are is damaged');

function readMeta(fd: number, position: number): Meta | null {
  const bytes = new Uint8Array(META_BYTES);
  if (readFully(fd, bytes, 0, META_BYTES, position) < META_BYTES) return null;
  const view = new DataView(bytes.buffer);
  const pageBytes = view.getUint32(FREE_TREE.at, true);
  const isPower =
    pageBytes >= PAGE_BYTES_MIN && pageBytes <= PAGE_BYTES_MAX && (pageBytes & (pageBytes - 1)) === 0;
  const isNamed = view.getBigUint64(0, true) === BigInt(position === 0 ? 0 : 1);
  const mapBytes = view.getBigUint64(MAP_SIZE, true);
  const isMapped =
    view.getBigUint64(ADDRESS, true) === 0n && mapBytes > 0n && mapBytes <= BigInt(MAP_BYTES_MAX);
  if (!isNamed || !isMapped || view.getUint16(18, true) !== KIND.meta) return null;
  if (view.getUint32(24, true) !== MAGIC || view.getUint32(28, true) !== DATA_VERSION || !isPower)
    return null;
  const last = view.getBigUint64(LAST_PAGE, true);
  if (last < 1n || (last + 1n) * BigInt(pageBytes) > mapBytes) return null;
  const pages = Number(last) + 1;
  return { pageBytes, pages, transaction: view.getBigUint64(TRANSACTION, true), view };
}

/** A part of a tree: its keys begin with `from` or after, and end before `to`; null = no bound. */
interface Branch {
  tree: Tree;
  /** Levels of pages in it. */
  depth: number;
  from: Uint8Array | null;
  to: Uint8Array | null;
  /** Transaction of the page above: what is changed is written anew from there down, so none below is later. */
  transaction: bigint;
  onValue(value: Uint8Array): void;
}

/** Where a node lies on its page. */
interface NodePlace {
  from: number;
  /** With the byte that makes it even. */
  bytes: number;
}

/** One look at all pages that a meta page knows. */
class PageWalk {
  /** By page: whether something has it. */
  private readonly taken: Uint8Array;
  private entries = 0;
  /** The latest transaction of a root. */
  private transaction = 0n;
  /** Pages of the tree that is walked. */
  private readonly counts = { branch: 0, leaf: 0, overflow: 0 };

  constructor(
    private readonly fd: number,
    private readonly meta: Meta,
  ) {
    this.taken = new Uint8Array(meta.pages);
  }

  check(): void {
    this.take(0, 2);
    this.walk(MAIN_TREE, () => {});
    this.walk(FREE_TREE, (value) => this.freePages(value));
    // Each transaction writes the roots of what it changes anew.
    if (this.transaction !== this.meta.transaction) throw damagedMeta();
  }

  private walk(tree: Tree, onValue: (value: Uint8Array) => void): void {
    const { view } = this.meta;
    const root = view.getBigUint64(tree.at + IN_TREE.root, true);
    const depth = root === NO_PAGE ? 0 : view.getUint16(tree.at + IN_TREE.depth, true);
    const isSound =
      (view.getUint16(tree.at + IN_TREE.flags, true) & tree.flagsMask) === tree.flags &&
      depth <= TREE_DEPTH_MAX;
    if (!isSound) throw damagedMeta();
    this.entries = 0;
    Object.assign(this.counts, { branch: 0, leaf: 0, overflow: 0 });
    if (root !== NO_PAGE) {
      const { transaction } = this.meta;
      const isFree = tree === FREE_TREE;
      // Pages are free since a transaction: that is the key.
      const [from, to] = isFree ? [numberKey(1n), numberKey(transaction + 1n)] : [null, null];
      const written = this.page(Number(root), { tree, depth, from, to, transaction, onValue });
      if (written > this.transaction) this.transaction = written;
    }
    const { entries, counts } = this;
    const isAsTold = Object.entries({ ...counts, entries }).every(([name, count]) => {
      const at = tree.at + IN_TREE[name as keyof typeof counts | 'entries'];
      return BigInt(count) === view.getBigUint64(at, true);
    });
    if (!isAsTold) {
      throw new Damage(`${entries} entries are there, and not as many as it says`);
    }
  }

  private take(page: number, count: number): void {
    if (!(Number.isSafeInteger(page) && page + count <= this.taken.length)) {
      throw new Damage(`page ${page} is not there`);
    }
    for (let p = page; p < page + count; p++) {
      if (this.taken[p] === 1) throw new Damage(`page ${p} belongs to two things`);
      this.taken[p] = 1;
    }
  }

  /** @param transaction the latest that may have written it */
  private read(page: number, count: number, transaction: bigint): DataView {
    const { pageBytes } = this.meta;
    this.take(page, count);
    const bytes = new Uint8Array(count * pageBytes);
    if (readFully(this.fd, bytes, 0, bytes.length, page * pageBytes) < bytes.length)
      throw new Damage('it is cut off');
    const view = new DataView(bytes.buffer);
    const written = view.getBigUint64(PAGE_TRANSACTION, true);
    const isSound = view.getBigUint64(0, true) === BigInt(page) && written > 0n && written <= transaction;
    if (!isSound) throw new Damage(`page ${page} is damaged`);
    return view;
  }

  /** @returns the transaction that wrote the page */
  private page(number: number, branch: Branch): bigint {
    const isBranch = branch.depth > 1;
    this.counts[isBranch ? 'branch' : 'leaf']++;
    const view = this.read(number, 1, branch.transaction);
    const written = view.getBigUint64(PAGE_TRANSACTION, true);
    const places = placesOf(view, number, isBranch ? KIND.branch : KIND.leaf);
    const nodes: NodePlace[] = [];
    /** Of a branch: the page before the key that was read last, whose keys lie below that. */
    let below = -1;
    let last = branch.from;
    const within = { ...branch, depth: branch.depth - 1, transaction: written };
    for (const [at, node] of places.entries()) {
      const keyFrom = node + NODE_BYTES;
      const keyEnd = keyFrom + view.getUint16(node + 6, true);
      if (keyEnd > view.byteLength) throw new Damage(`page ${number} is damaged`);
      const key = new Uint8Array(view.buffer, keyFrom, keyEnd - keyFrom);
      // The first key of a branch is not looked at: all that is lower lies there.
      if (!isBranch || at > 0) refuseDisorder(branch, number, last, key, !isBranch && at === 0);
      let end = keyEnd;
      if (!isBranch) end += this.value(view, node, keyEnd, number, branch);
      else {
        if (at > 0) this.page(below, { ...within, from: last, to: key });
        below = view.getUint32(node, true) + view.getUint16(node + 4, true) * 2 ** 32;
      }
      nodes.push({ from: node, bytes: (end - node + 1) & ~1 });
      if (!isBranch || at > 0) last = key;
    }
    if (isBranch) this.page(below, { ...within, from: last });
    refuseGaps(view, number, nodes);
    return written;
  }

  /** @returns how many bytes stand behind the key */
  private value(view: DataView, node: number, from: number, page: number, branch: Branch): number {
    this.entries++;
    const length = view.getUint32(node, true);
    const flags = view.getUint16(node + 4, true);
    const isElsewhere = flags === NODE_ON_OVERFLOW;
    const bytes = isElsewhere ? ELSEWHERE_BYTES : length;
    const isSound = (isElsewhere || flags === NODE_PLAIN) && from + bytes <= view.byteLength;
    if (!isSound) throw new Damage(`page ${page} is damaged`);
    if (!isElsewhere) {
      branch.onValue(new Uint8Array(view.buffer, from, length));
      return bytes;
    }
    const first = Number(view.getBigUint64(from, true));
    // A value that a shorter one replaced within a transaction leaves it its pages.
    const count = Number(view.getBigUint64(from + 16, true));
    const isRoomy = count * this.meta.pageBytes >= HEADER_BYTES + length;
    if (!isRoomy || !(first + count <= this.meta.pages)) throw new Damage(`page ${page} is damaged`);
    this.counts.overflow += count;
    const overflow = this.read(first, count, view.getBigUint64(PAGE_TRANSACTION, true));
    const isOverflow =
      overflow.getUint16(18, true) === KIND.overflow &&
      overflow.getUint32(20, true) === count &&
      view.getBigUint64(from + 8, true) === overflow.getBigUint64(PAGE_TRANSACTION, true);
    if (!isOverflow) throw new Damage(`page ${first} is damaged`);
    branch.onValue(new Uint8Array(overflow.buffer, HEADER_BYTES, length));
    return bytes;
  }

  /** A list of free pages: how many numbers follow, 8 bytes each; -n before a page stands for n pages from it on. */
  private freePages(value: Uint8Array): void {
    const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
    const count = value.length < 8 ? -1 : Number(view.getBigUint64(0, true));
    if (count < 0 || (count + 1) * 8 > value.length) throw new Damage('the list of free pages is damaged');
    let run = 1;
    for (let i = 1; i <= count; i++) {
      const number = Number(view.getBigInt64(i * 8, true));
      if (number > 0) this.take(number, run);
      run = number < 0 ? -number : 1;
    }
    if (run !== 1) throw new Damage('the list of free pages is damaged');
  }
}

/** Where the nodes of a page begin, in the order of their keys. */
function placesOf(view: DataView, page: number, kind: number): number[] {
  const lower = view.getUint16(20, true);
  const upper = view.getUint16(22, true);
  const room = view.byteLength - HEADER_BYTES;
  const isSound = view.getUint16(18, true) === kind && lower > 0 && lower <= upper && upper <= room;
  if (!isSound || lower % 2 !== 0) throw new Damage(`page ${page} is damaged`);
  return Array.from({ length: lower / 2 }, (_, at) => {
    const place = view.getUint16(HEADER_BYTES + at * 2, true);
    if (place < upper || place + NODE_BYTES > room) throw new Damage(`page ${page} is damaged`);
    return HEADER_BYTES + place;
  });
}

function refuseDisorder(
  { tree, to }: Branch,
  page: number,
  last: Uint8Array | null,
  key: Uint8Array,
  mayBeSame: boolean,
): void {
  const order = last === null ? -1 : tree.compare(last, key);
  const isInOrder = order < 0 || (order === 0 && mayBeSame);
  if (!isInOrder || (to !== null && tree.compare(key, to) >= 0)) {
    throw new Damage(`the entries of page ${page} do not stand in order`);
  }
}

/** The nodes of a page fill its end without a gap: LMDB moves them by their lengths. */
function refuseGaps(view: DataView, page: number, nodes: NodePlace[]): void {
  let end = HEADER_BYTES + view.getUint16(22, true);
  for (const { from, bytes } of nodes.sort((a, b) => a.from - b.from)) {
    if (from !== end) throw new Damage(`page ${page} is damaged`);
    end += bytes;
  }
  if (end !== view.byteLength) throw new Damage(`page ${page} is damaged`);
}
