/**
 * Where things lie in the memory of the kernel that compresses; its TypeScript side has these numbers from here
 * too. All are places or lengths in bytes.
 *
 * | from        | what                                                                                  |
 * | ----------- | ------------------------------------------------------------------------------------- |
 * | NEAR, FAR   | by hash of a few and of many bytes: where these stood last                             |
 * | COUNTS      | how often each literal, length and distance is in the block                            |
 * | CODES       | their codes: bits, first in the lowest, and from bit 24 on how many                     |
 * | SORTED      | what codes are made with                                                              |
 * | SEQUENCES   | the block: literals, then a match, again and again                                     |
 * | HISTORY     | the bytes before INPUT, which matches may reach back to                                |
 * | INPUT       | the bytes to be compressed, with room to look ahead behind them                         |
 * | OUTPUT      | what they become                                                                      |
 */

/** The lowest addresses are the compiler's own. */
export const NEAR = 65_536;
export const TABLE_BITS = 14;
export const TABLE_BYTES = 65_536;
export const FAR = NEAR + TABLE_BYTES;

/** Symbols: literals, the end of the block and lengths; distances; lengths of codes. */
export const LITERAL_SYMBOLS = 286;
export const DISTANCE_SYMBOLS = 30;
export const LENGTH_SYMBOLS = 19;

export const LITERAL_COUNTS = FAR + TABLE_BYTES;
export const DISTANCE_COUNTS = LITERAL_COUNTS + 2048;
export const LENGTH_COUNTS = DISTANCE_COUNTS + 256;
export const LITERAL_CODES = LENGTH_COUNTS + 256;
export const DISTANCE_CODES = LITERAL_CODES + 2048;
export const LENGTH_CODES = DISTANCE_CODES + 256;
/** By length of a match: the code of its symbol and the bits behind it in one. */
export const MATCH_CODES = LENGTH_CODES + 256;
/** By length of a match: its symbol, and from bit 16 on what it is more than the symbol's least, and bits of that. */
export const MATCH_SYMBOLS = MATCH_CODES + 2048;
export const SORTED = MATCH_SYMBOLS + 2048;
/** Lengths of codes one after the other, as a block's header tells them, and in short. */
export const CODE_LENGTHS = SORTED + 2048;
export const SHORT_LENGTHS = CODE_LENGTHS + 512;

/** A sequence: how many literals (32 bits), length of the match behind them (16 bits; 0 = none) and its distance. */
export const SEQUENCES = SHORT_LENGTHS + 1536;
export const SEQUENCE_BYTES = 8;
/** Bytes of input that become one block: two, where they are stored as they are. */
export const BLOCK_BYTES = 131_070;
/** Matches have four bytes at the least. */
const SEQUENCES_BYTES = (BLOCK_BYTES / 2) * SEQUENCE_BYTES;

/** Matches reach back so far. */
export const HISTORY_BYTES = 32_768;
export const HISTORY = (SEQUENCES + SEQUENCES_BYTES + 65_535) & ~65_535;
export const INPUT = HISTORY + HISTORY_BYTES;
/** Bytes that are handed over at a time. */
export const INPUT_BYTES = 2 * BLOCK_BYTES;
/** Bytes behind the input that are read along. */
export const READ_AHEAD_BYTES = 64;
export const OUTPUT = INPUT + INPUT_BYTES + 65_536;
/**
 * What the input becomes at worst: itself, with five bytes for each 65,535 of a block, the ends, and a last store;
 * before that is seen, a block may have been written with 15 bits a byte.
 */
export const OUTPUT_BYTES = 2 * INPUT_BYTES + 1024;
export const MEMORY_BYTES = OUTPUT + OUTPUT_BYTES;
