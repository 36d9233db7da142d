/**
 * Where things lie in the memory of the kernel that reads CMEP; its TypeScript side has these numbers from
 * here too. All are places or lengths in bytes; cells are 32-bit whole numbers where nothing else is said.
 *
 * | from           | what                                                                          |
 * | -------------- | ----------------------------------------------------------------------------- |
 * | 64             | cells of the last call, of what is counted, and of where blocks go               |
 * | KNOWN          | what one reader knows of its source: settings, header, flags, shapes           |
 * | SCRATCH_VALUES | values, stamps and meta words of the line that is being read                    |
 * | PARTITIONS     | lowest meter id of each partition                                              |
 * | DAYS           | records of intervals by read day                                              |
 * | FIELDS_FROM    | fields of the line that the careful path reads                                 |
 * | INPUT          | bytes of the file, with room to look ahead behind them                         |
 * | behind it      | blocks (`model/block`); this part grows                                       |
 */

/** Lines that the last call read, and why it ended (`STOP_...`). */
export const LINES = 64;
export const STOPPED = 68;
/** The last call met a line that the careful path must read, or the end of the bytes. */
export const STOP_AT_LINE = 0;
/** There may not be room for the block of the next line. */
export const STOP_NO_ROOM = 1;
/** The line that was read last ends in LF alone, of which the sink is to be told. */
export const STOP_LINE_END = 2;
/** Of that line: where it begins, where its content ends, and its meter id. */
export const TOLD_FROM = 72;
export const TOLD_END = 76;
export const TOLD_ID_FROM = 80;
export const TOLD_ID_TO = 84;

/** Where blocks begin, where the next one goes, where their room ends, and how many there are. */
export const BLOCKS_FROM = 96;
export const BLOCKS_NEXT = 100;
export const BLOCKS_TO = 104;
export const BLOCK_COUNT = 108;
/** Words of blocks: the range; what a record's place in INPUT is less to be its offset in the range; lines before. */
export const RANGE = 112;
export const OFFSET_SHIFT = 116;
export const LINE_BEFORE = 120;
/** 1 where word 9 of a block tells where in the record the meter id stands, not the partition. */
export const KEEPS_ID_PLACE = 124;
export const PARTITION_COUNT = 128;
export const LAST_PARTITION = 132;
/** Minutes that market time is ahead of UTC. */
export const MARKET_ZONE = 136;

/** Counted: records, reads; first and last stamp; sum of the values, 64 bits, and what was carried from it. */
export const RECORDS = 140;
export const READS = 144;
export const FIRST_STAMP = 148;
export const LAST_STAMP = 152;
export const SUM_LOW = 160;
export const SUM_HIGH = 168;

/** In a block: word 9, which tells whether it begins a meter once `markMeters` went over it. */
export const METER_MARK = 36;
/** Where the second and the last meter begin. */
export const METER_SECOND = 176;
export const METER_LAST = 180;
/** Intervals of the pairs that `checkPairs` went through last, and how many pairs had them. */
export const PAIR_FIRST_STAMP = 184;
export const PAIR_COUNT = 188;
export const PAIR_INTERVAL = 192;
export const PAIR_TIMES = 196;
/** Ranges of the file that both records of a pair must be of: the first, and the first of the next file. */
export const PAIR_RANGE_FROM = 204;
export const PAIR_RANGE_TO = 208;
/** By unit: the interval unit that it counts as a register, or -1. */
export const INTERVAL_UNITS = 256;
export const UNITS_ROOM = 128;

export const KNOWN = 1024;
/** Length of fields 1 to 4 with their commas. */
export const LEAD_BYTES = 1024;
/** Minutes of the creation stamp, in the zone of the stamps. */
export const CREATION_STAMP = 1028;
/** Longest field 5, 6 and 8. */
export const FIFTH_ROOM = 1032;
export const SIXTH_ROOM = 1036;
export const EIGHTH_ROOM = 1040;
/** 1 where field 6 names the meter; 1 where the other field does when that one is empty. */
export const ID_FROM_6_FIRST = 1044;
export const ID_HAS_OTHER = 1048;
export const LINE_BYTES = 1052;
/** What is done about a line end of LF alone. */
export const LINE_END = 1056;
export const LINE_END_IS_TAKEN = 0;
export const LINE_END_IS_TOLD = 1;
export const LINE_END_IS_LEFT = 2;
/** Minutes that stamps are ahead of UTC; the last stamp, in UTC, that is not in the future. */
export const ZONE = 1060;
export const LATEST_STAMP = 1064;
export const SHAPE_COUNT = 1068;
/** Number of the shape that the next line most likely has. */
export const SHAPE_HINT = 1072;
export const FLAG_COUNT = 1076;
/** Eight digits of the date that was read last, and the minutes of its midnight. */
export const DATE_TEXT = 1080;
export const DATE_STAMP = 1088;
/** Fields 1 to 4; field 7 with its comma, padded. */
export const LEAD = 1152;
export const LEAD_BYTES_MAX = 256;
export const CREATION = 1424;
export const CREATION_BYTES = 12;

/** Flags that are known, each with its comma as a masked 64-bit word; its length without comma; its meta word. */
export const FLAGS = 1536;
export const FLAG_MASK = 8;
export const FLAG_LENGTH = 16;
export const FLAG_META = 20;
export const FLAG_BYTES = 24;
export const FLAGS_MAX = 8;
export const FLAG_LENGTH_MAX = 7;

/** Shapes: fields 9 to 14 of lines that passed the careful path, with what they say. */
export const SHAPES = 2048;
export const SHAPES_MAX = 8;
export const SHAPE_TEXT_BYTES = 0;
export const SHAPE_READS = 4;
export const SHAPE_INTERVAL = 8;
export const SHAPE_CHANNEL = 12;
/** Flags of its blocks: RESEND, HAS_CONSTANT. */
export const SHAPE_BLOCK_FLAGS = 16;
export const SHAPE_IS_REGISTER = 20;
/** A double. */
export const SHAPE_CONSTANT = 24;
/** Minutes of the grid that its stamps lie on. */
export const SHAPE_GRID = 32;
/**
 * How many triples a line has that follows on `SHAPE_STAMPS` stamp by stamp, an interval apart; 0 = not known. Then
 * the flag of all of them (its place in FLAGS, or 0) has been put behind each stamp, as far as it fits.
 */
export const SHAPE_RUN = 36;
export const SHAPE_RUN_FLAG = 40;
export const SHAPE_TEXT = 48;
export const SHAPE_TEXT_BYTES_MAX = 256;
/** Stamps that its lines had at each place: twelve digits and a comma, padded; and their minutes. */
export const SHAPE_STAMPS = 320;
export const SHAPE_STAMPS_MAX = 96;
export const SHAPE_MINUTES = 1856;
export const SHAPE_BYTES = 2240;
export const KNOWN_END = 19968;

/** Longest record that the kernel reads, in reads: the sum of its values fits 64 bits. */
export const READS_MAX = 512;
export const SCRATCH_VALUES = 20480;
export const SCRATCH_STAMPS = 24576;
export const SCRATCH_METAS = 26624;

/** Lowest ids: 64 bytes, padded with zeros, and the whole length. */
export const PARTITIONS = 32768;
export const PARTITIONS_ROOM = 4096;
export const PARTITION_ID_BYTES = 64;
export const PARTITION_BYTES = 68;

/** Read days from 1970 to the end of the last year that a stamp can be of. */
export const DAYS = 327680;
export const DAYS_ROOM = 376384;

/** Where the line that was split last has its first byte that is not printable, or -1. */
export const BAD_BYTE_AT = 212;
/** Fields of a line: how many; by field, where it begins and ends. A field takes a byte of the line at the least. */
export const FIELD_COUNT = 200;
export const FIELDS_FROM = 1835008;
export const FIELDS_TO = 2097280;
export const FIELDS_ROOM = 65568;

export const INPUT = 2363392;
/** Bytes behind what is read that may be looked at. */
export const READ_AHEAD_BYTES = 512;
