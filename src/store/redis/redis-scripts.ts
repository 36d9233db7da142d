/**
 * What changes the ledger on a Redis, each as one step of the server. Whoever takes the ledger gets the next number
 * (its fence), and every write names the number that it was begun under: who was paused or cut off for longer than
 * its lease, and was followed by another, can write no more.
 */

/**
 * Takes the ledger. Keys: lease, fence. Arguments: who takes it, milliseconds, and the lease of a holder that is
 * known to be dead, or ''. Answer: the number, or the lease of who holds it.
 */
export const TAKE = `
local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[3] then return held end
local fence = redis.call('INCR', KEYS[2])
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return fence`;

/** Keeps it for longer. Keys: lease, fence. Arguments: number, holder, milliseconds. Answer: 1, or 0 = lost. */
export const KEEP = `
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`;

/** Gives it back. Keys: lease, fence. Argument: number. */
export const GIVE = `
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
return 1`;

/**
 * Writes entries, all or nothing. Keys: lease, fence, sequence, entries. Arguments: number, holder, milliseconds,
 * the sequence that the writer knows, how many keys are removed, those keys, then keys and values in turn.
 * Answer: 'ok', 'lost', or the sequence where it is not the one that the writer knows. A write that is sent again,
 * because the connection broke before its answer came, is done once.
 */
export const WRITE = `
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 'lost' end
local sequence = tonumber(redis.call('GET', KEYS[3]) or '0')
local known = tonumber(ARGV[4])
if sequence == known + 1 then return 'ok' end
if sequence ~= known then return tostring(sequence) end
local removed = tonumber(ARGV[5])
for i = 6, 5 + removed do redis.call('HDEL', KEYS[4], ARGV[i]) end
for i = 6 + removed, #ARGV, 2 do redis.call('HSET', KEYS[4], ARGV[i], ARGV[i + 1]) end
redis.call('INCR', KEYS[3])
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 'ok'`;

/**
 * Takes a job for one attempt. Keys: fence of the job, fence of the ledger. Arguments: number of the holding that
 * the job is for, seconds that the attempt's number is kept. Answer: that number, or 0 where the job is for nobody.
 */
export const CLAIM_JOB = `
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
local fence = redis.call('INCR', KEYS[1])
redis.call('EXPIRE', KEYS[1], ARGV[2])
return fence`;

/**
 * Hands in the result of a job. Keys: fence of the job, fence of the ledger, result. Arguments: number of the
 * attempt, number of the holding that the job is for, result, seconds that it is kept. Answer: 1, or 0 where
 * another has taken the job or the ledger since.
 */
export const HAND_IN = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if redis.call('GET', KEYS[2]) ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[3], ARGV[3], 'EX', ARGV[4])
return 1`;
