/**
 * Where the settle kernel's memory has what: addresses and sizes in bytes. Read by TypeScript and by the
 * kernel's AssemblyScript alike, so there is nothing here but numbers.
 *
 * | from             | what                                                                          |
 * | ---------------- | ----------------------------------------------------------------------------- |
 * | TABLES           | what a task is settled by: flags, ends of headers, policies, units, stamps    |
 * | PREFIXES         | for each flag and slot of the day: `,stamp,flag,` as it goes out              |
 * | TEXT             | the records of the meters that were settled, until TypeScript takes them       |
 * | DAY, OPENING,    | rows for the history: of the day, of the registers of the day before and of    |
 * | CLOSING          | the day, until TypeScript takes them                                          |
 * | PAST_DAYS,       | where the totals and register reads that the history keeps of some days before lie  |
 * | PAST_READS       |                                                                               |
 * | PARTITION        | the meter register's rows, these columns of the history and the blocks of the   |
 * |                  | partition, as large as they are                                               |
 */

/** The lowest addresses are the compiler's own. */
export const TABLES = 65_536;

/** `.ddd` for each number below 1000. */
export const DIGITS = TABLES;
/** Beginning of each record, up to the meter id. */
export const LEAD = DIGITS + 4096;
export const LEAD_BYTES_ROOM = 1024;

/** A flag by its meta word. */
export const FLAGS = LEAD + LEAD_BYTES_ROOM;
export const FLAGS_ROOM = 32;
export const FLAG_BYTES = 64;
/** Within a flag: meta word, bits of the policies for which it is plain, decimals, index in the day's file, text. */
export const FLAG_META = 0;
export const FLAG_PLAIN = 4;
export const FLAG_DECIMALS = 8;
export const FLAG_QUALITY = 12;
export const FLAG_LENGTH = 16;
export const FLAG_TEXT = 20;
export const FLAG_TEXT_ROOM = 12;

/** Ends of headers, from the comma after the meter id: by channel, interval and count. */
export const TAILS = FLAGS + FLAGS_ROOM * FLAG_BYTES;
export const TAILS_ROOM = 32;
export const TAIL_BYTES = 128;
export const TAIL_CHANNEL = 0;
export const TAIL_INTERVAL = 4;
export const TAIL_COUNT = 8;
export const TAIL_LENGTH = 12;
export const TAIL_TEXT = 16;
export const TAIL_TEXT_ROOM = 112;

/** A policy for each service class of the register. */
export const POLICIES = TAILS + TAILS_ROOM * TAIL_BYTES;
export const POLICIES_ROOM = 32;
export const POLICY_BYTES = 72;
/** Within a policy, doubles: minutes of a run of one value that is told (0 or more, else infinite). */
export const POLICY_RUN_MINUTES = 0;
/** Checks that apply: bits. */
export const POLICY_CHECKS = 8;
export const CHECKS_NEGATIVE = 1;
export const CHECKS_MAXIMUM = 2;
export const CHECKS_SPIKE = 4;
export const CHECKS_HIGH_LOW = 8;
/** Reference days that are wanted: a 32-bit number behind the bits. */
export const POLICY_REFERENCE_DAYS = 12;
export const POLICY_SPIKE_FLOOR = 16;
export const POLICY_SPIKE_RATIO = 24;
export const POLICY_SUM_TOLERANCE = 32;
export const POLICY_MAXIMUM = 40;
export const POLICY_LOW = 48;
export const POLICY_HIGH = 56;
/** Days that may be reference days: how many, 1 where there are more than these, and their places in PAST_DAYS. */
export const POLICY_LIKE_DAYS = 64;
export const LIKE_DAYS_ROOM = 6;

/** Of each unit: bits, and the code of the register that counts it (or -1). */
export const UNIT_TABLE = POLICIES + POLICIES_ROOM * POLICY_BYTES;
export const UNITS_ROOM = 64;
export const UNIT_BYTES = 8;
export const UNIT_IS_REGISTER = 1;
export const UNIT_IS_KWH = 2;
export const UNIT_IS_ONE_WAY = 4;

/** Sums of what goes out, by unit, in 0.00001, and how many reads they are of: 64-bit whole numbers. */
export const SUMS = UNIT_TABLE + UNITS_ROOM * UNIT_BYTES;
/** Channels of which a whole day went out, by the intervals below. */
export const UNIT_READS = SUMS + UNITS_ROOM * 8;
export const FULL_CHANNELS = UNIT_READS + UNITS_ROOM * 8;

/** Intervals that are settled here, in minutes: 60, 30, 15 and 5, and the slots of a day of those before each. */
export const INTERVALS = 4;
export const SLOTS_OF_ALL = 24 + 48 + 96 + 288;
/** The stamps of the day's slots, twelve digits each, in the order of the intervals; then those of its bounds. */
export const STAMPS = FULL_CHANNELS + INTERVALS * 8;
export const STAMP_BYTES = 12;
export const STAMPS_BYTES = 6144;

export const PREFIXES = STAMPS + STAMPS_BYTES;
/** Bytes of one `,stamp,flag,`, and of those of one flag. */
export const PREFIX_BYTES = 32;
export const PREFIXES_OF_FLAG = 16_384;

export const TEXT = PREFIXES + FLAGS_ROOM * PREFIXES_OF_FLAG;
/** Text from which on nothing more is settled, and what one meter can add to it. */
export const TEXT_BYTES = 262_144;
export const METER_TEXT_ROOM = 393_216;

/** Rows of one kind for the history: room for ids, rows and slots. */
export const ROWS_ROOM = 8192;
export const IDS_BYTES = 262_144;
export const SLOTS_ROOM = 262_144;

export const DAY_IDS = TEXT + TEXT_BYTES + METER_TEXT_ROOM;
export const DAY_ID_ENDS = DAY_IDS + IDS_BYTES;
export const DAY_SLOT_ENDS = DAY_ID_ENDS + ROWS_ROOM * 4;
export const DAY_INTERVALS = DAY_SLOT_ENDS + ROWS_ROOM * 4;
export const DAY_CHANNELS = DAY_INTERVALS + ROWS_ROOM * 2;
/** Sum of the row's values, and the run of one value at its end: its value (both doubles), and its slots. */
export const DAY_TOTALS = DAY_CHANNELS + ROWS_ROOM;
export const DAY_RUN_VALUES = DAY_TOTALS + ROWS_ROOM * 8;
export const DAY_RUN_SLOTS = DAY_RUN_VALUES + ROWS_ROOM * 8;
export const DAY_VALUES = DAY_RUN_SLOTS + ROWS_ROOM * 2;
export const DAY_QUALITY = DAY_VALUES + SLOTS_ROOM * 4;

/** Register reads for two files of the history, one after the other: that of the day before, and that of the day. */
export const READS = DAY_QUALITY + SLOTS_ROOM * 2;
export const READS_ID_ENDS = IDS_BYTES;
export const READS_STAMPS = READS_ID_ENDS + ROWS_ROOM * 4;
export const READS_FLAGS = READS_STAMPS + ROWS_ROOM * 4;
export const READS_VALUES = READS_FLAGS + ROWS_ROOM * 4;
export const READS_CHANNELS = READS_VALUES + ROWS_ROOM * 8;
export const READS_BYTES = READS_CHANNELS + ROWS_ROOM;

/**
 * For rows of the day, reads of the day before and reads of the day: how many runs of one rank there are, then of
 * each the row at which it begins and the word of a block that has the rank.
 */
export const RANK_RUNS = READS + 2 * READS_BYTES;
export const RANK_RUNS_BYTES = 8 + ROWS_ROOM * 8;

/** The blocks of the meter at hand, as they were judged. */
export const JUDGED = RANK_RUNS + 3 * RANK_RUNS_BYTES;
export const JUDGED_ROOM = 16;
export const JUDGED_BYTES = 64;
/** Within one: word of the block, flag, end of header, first value, count, slots of the day or 0, sum, stamp and value. */
export const JUDGED_BLOCK = 0;
export const JUDGED_FLAG = 4;
export const JUDGED_TAIL = 8;
export const JUDGED_INTERVAL = 12;
export const JUDGED_VALUES = 16;
export const JUDGED_COUNT = 20;
/** Of a register: bits of the reads that it has, and their values; of intervals: the sum. */
export const JUDGED_READS = 24;
export const JUDGED_OPENING = 32;
export const JUDGED_CLOSING = 40;
export const JUDGED_SUM = 32;
/** Of a register that the history knows: 1 where the opening read came again, and rows of PAST_READS. */
export const JUDGED_RAISES = 28;
export const JUDGED_BEFORE_ROW = 48;
export const JUDGED_EARLIER_ROW = 52;

/** Meter at which to stop, since it is not to be settled here. */
export const STOP = JUDGED + JUDGED_ROOM * JUDGED_BYTES;
export const STOP_BYTES = 256;

/**
 * Files of the history, each with its number of rows, the row to look from, and the addresses of its columns; 0
 * rows where there is no such file. All have keys in the same places.
 */
export const FILE_ROWS = 0;
export const FILE_CURSOR = 4;
export const FILE_ID_ENDS = 8;
export const FILE_IDS = 12;
export const FILE_CHANNELS = 16;
/** Totals of some past days; the first is the day before. */
export const PAST_DAYS = STOP + STOP_BYTES;
export const PAST_DAYS_ROOM = 16;
export const PAST_DAY_BYTES = 40;
export const DAY_FILE_INTERVALS = 20;
export const DAY_FILE_WORTHY = 24;
export const DAY_FILE_TOTALS = 28;
export const DAY_FILE_RUN_SLOTS = 32;
export const DAY_FILE_RUN_VALUES = 36;
/** Register reads of the day before, and of the one before that. */
export const PAST_READS = PAST_DAYS + PAST_DAYS_ROOM * PAST_DAY_BYTES;
export const READ_FILE_BYTES = 40;
export const READ_FILE_STAMPS = 20;
export const READ_FILE_VALUES = 24;
export const READ_FILE_QUALITY = 28;
/** By quality: creation of its records, minutes since 1970, or as late as can be where they were sent again. */
export const READ_FILE_CREATED = 32;
/** Number under which its first quality goes in READS_FLAGS, behind those of flags. */
export const READ_FILE_CODE = 36;

/** Bytes of blocks, of the register's rows and of the history that the kernel takes: addresses in it have 32 bits. */
export const PARTITION_ROOM = 1_073_741_824;
export const PARTITION = PAST_READS + 2 * READ_FILE_BYTES;
