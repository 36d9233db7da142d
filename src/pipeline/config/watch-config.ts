import * as z from 'zod';

/** Set times of a day at which `watch` may begin a run. */
const RUN_TIMES_MAX = 96;
const DAY_SECONDS = 86_400;
const DAYS_MAX = 36_500;
const WORDS_MAX = 64;
const MINUTES_PER_HOUR = 60;

const clockTime = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day in market time, such as 01:30, from 00:00 to 23:59');

/** What of a folder of the state is kept: runs of the last days, and not more than so many bytes. */
const kept = (days: number) =>
  z.strictObject({
    days: z.number().int().min(1).max(DAYS_MAX).nullable().default(days),
    maximumBytes: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).nullable().default(null),
  });

/** How `watch` waits, begins runs and clears away. */
export const watchSchema = z.strictObject({
  pollSeconds: z.number().min(0.05).max(3600).default(10),
  runAt: z.array(clockTime).max(RUN_TIMES_MAX).default([]),
  gatherSeconds: z.number().min(0).max(DAY_SECONDS).default(60),
  gatherLimitMinutes: z.number().min(0).max(1440).default(30),
  dueAt: clockTime.nullable().default('06:00'),
  stopSeconds: z.number().min(0).max(DAY_SECONDS).default(60),
  retention: z
    .strictObject({
      archive: kept(35).prefault({}),
      quarantine: kept(400).prefault({}),
      reports: kept(400).prefault({}),
    })
    .prefault({}),
});

export type WatchConfig = z.infer<typeof watchSchema>;

/** Who is told of what a person has to look at, and from which figures on. */
export const noticesSchema = z.strictObject({
  webhook: z
    .strictObject({
      url: z.url({ protocol: /^https?$/, error: 'an http:// or https:// address' }),
      /** File with the value of the Authorization header. */
      authorizationFile: z.string().min(1).optional(),
    })
    .optional(),
  /** Program and its arguments; the notice comes on its standard input. */
  command: z.array(z.string().min(1)).min(1).max(WORDS_MAX).optional(),
  readSuccessPercent: z.number().min(0).max(100).default(98),
  certificateDays: z.number().int().min(0).max(3650).default(30),
  undeliveredMinutes: z
    .number()
    .min(0)
    .max(7 * 1440)
    .default(2 * MINUTES_PER_HOUR),
});

export type NoticesConfig = z.infer<typeof noticesSchema>;

/** Where the dashboard and its API listen. */
export const serveSchema = z.strictObject({
  host: z.string().min(1).default('127.0.0.1'),
  port: z.number().int().min(0).max(65_535).default(4090),
  /** File that holds the token; needed wherever another machine can connect. */
  tokenFile: z.string().min(1).optional(),
  tls: z.strictObject({ certificate: z.string().min(1), key: z.string().min(1) }).optional(),
});

export type ServeConfig = z.infer<typeof serveSchema>;

/** Minute of the day of a time such as `01:30`. */
export function minuteOfDay(time: string): number {
  const [hour, minute] = time.split(':').map(Number) as [number, number];
  return hour * MINUTES_PER_HOUR + minute;
}
