/**
 * A *block* is one record's reads in binary form, as pass 1 leaves it for pass 2: 32-bit words, little
 * endian, a multiple of two words, so that doubles within are aligned when the first word is.
 *
 * | word        | what                                                                           |
 * | ----------- | ------------------------------------------------------------------------------ |
 * | 0           | length of the block in words                                                    |
 * | 1           | channel (bits 0-15), length of the meter id (16-23), flags (24-31)               |
 * | 2           | interval in minutes (0-15), count of reads (16-31)                               |
 * | 3           | creation of the record, minutes since 1970, UTC                                  |
 * | 4, 5, 6, 7  | range, the record's offset in it, its length in bytes, its line in it from 1      |
 * | 8           | stamp of the first read                                                         |
 * | 9           | index of its partition, while pass 1 gathers blocks                              |
 * | 10 ...      | with HAS_CONSTANT: the calculation constant, a double                            |
 * | then        | meter id, padded to whole words                                                 |
 * | then        | with EXPLICIT_STAMPS: a stamp for each read                                      |
 * | then        | one meta word, with MIXED_METAS one for each read                                |
 * | then        | a value for each read: 32-bit whole numbers, with WIDE_VALUES doubles (aligned)   |
 */
export const BLOCK_WIDE_VALUES = 1;
export const BLOCK_EXPLICIT_STAMPS = 2;
export const BLOCK_MIXED_METAS = 4;
export const BLOCK_RESEND = 8;
export const BLOCK_HAS_CONSTANT = 16;

export const BLOCK_HEADER_WORDS = 10;

/** Longest meter id, in bytes, of any format. */
export const METER_ID_BYTES_MAX = 64;

/** Words that a block of `count` reads can take at the most. */
export function blockWordsMax(count: number): number {
  return BLOCK_HEADER_WORDS + 2 + METER_ID_BYTES_MAX / 4 + count * 4 + 4;
}
