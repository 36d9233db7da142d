/** Compresses a stream of bytes to the zlib format (RFC 1950), a piece at a time. */
import { adler32 } from './adler';
import { beginBlocks, outputEnd, putBlock, putEmptyBlock, setOutput } from './deflate-block';
import { BLOCK_BYTES, HISTORY, HISTORY_BYTES, INPUT, OUTPUT } from './deflate-layout';
import { beginParse, moveParse } from './deflate-parse';

/** Deflate with a window of 32 KiB, the fastest way, no dictionary. */
const ZLIB_HEADER: u16 = 0x0178;

let adler: u32 = 1;
let isBegun = false;

/** Begins a stream. */
export function beginDeflate(): void {
  beginParse();
  beginBlocks();
  adler = 1;
  isBegun = false;
}

/**
 * Compresses the bytes in INPUT, which follow those of the call before.
 * @param isLast whether the stream ends with them
 * @returns how many bytes lie in OUTPUT
 */
export function deflatePiece(length: i32, isLast: bool): i32 {
  let start: usize = OUTPUT;
  if (!isBegun) {
    store<u16>(start, ZLIB_HEADER);
    start += 2;
    isBegun = true;
  }
  setOutput(start);
  const to = <usize>INPUT + length;
  for (let from: usize = INPUT; from < to; ) {
    const end = min(to, from + BLOCK_BYTES);
    putBlock(from, end);
    from = end;
  }
  adler = adler32(adler, INPUT, to);
  let end = outputEnd();
  if (isLast) {
    putEmptyBlock();
    end = outputEnd();
    store<u32>(end, bswap(adler));
    return <i32>(end + 4 - OUTPUT);
  }
  memory.copy(HISTORY, to - HISTORY_BYTES, HISTORY_BYTES);
  moveParse(length);
  return <i32>(end - OUTPUT);
}
