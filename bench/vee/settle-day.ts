import { LETTER_RAW, metaWord } from '../../src/model/quality.js';
import { EST_OFFSET_MINUTES, readDayStart } from '../../src/model/time.js';
import { validateSlots } from '../../src/vee/checks.js';
import { NO_DAY_HISTORY } from '../../src/vee/day-history.js';
import { DEFAULT_POLICY } from '../../src/vee/policy.js';
import { settleDay } from '../../src/vee/settle-day.js';
import {
  clearSlots,
  createSlots,
  ORIGIN_NEW,
  ORIGIN_NONE,
  resetSlots,
  SLOT_ESTIMATED,
} from '../../src/vee/slots.js';
import { measure } from '../measure.js';
import { READ_DAY } from '../night-day.js';

const SLOTS = 24;
const METER_DAYS = 5_000;
/** No two slots that follow each other are alike: a frozen value would be told. */
const slotValue = (slot: number) => 50_000 + (slot % 7) * 1_000;
const DAY_TOTAL = Array.from({ length: SLOTS }, (_, i) => slotValue(i)).reduce(
  (sum, value) => sum + value,
  0,
);

/** `validateSlots` and `settleDay` on one day: whole, and with two slots to be estimated and scaled. */
export function settleDays(): void {
  const slots = createSlots();
  const meta = metaWord(3, LETTER_RAW);
  const start = readDayStart(READ_DAY, EST_OFFSET_MINUTES);
  const limits = { isOneWayEnergy: true, isKwh: true, maximumValue: 4_800_000 };
  const context = {
    limits,
    register: { multiplier: 100_000, registerDigits: 6, maximumPerHour: 4_800_000 },
    reads: { count: 2, stamps: [start, start + 1_440], values: [1e8, 1e8 + DAY_TOTAL] },
    policy: DEFAULT_POLICY,
    zoneMinutes: EST_OFFSET_MINUTES,
    history: NO_DAY_HISTORY,
    weightsOf: () => null,
    tell: () => {},
  };
  for (const missing of [0, 2]) {
    const title =
      missing === 0 ? 'validate and settle a whole day' : 'validate and settle, 2 of 24 slots missing';
    measure(title, METER_DAYS * SLOTS, () => {
      for (let n = 0; n < METER_DAYS; n++) {
        resetSlots(slots, READ_DAY, 1, 60);
        clearSlots(slots, 0, SLOTS);
        for (let i = 0; i < SLOTS; i++) {
          slots.values[i] = slotValue(i);
          slots.metas[i] = meta;
          slots.origins[i] = i >= 10 && i < 10 + missing ? ORIGIN_NONE : ORIGIN_NEW;
        }
        validateSlots(slots, 0, SLOTS, limits, DEFAULT_POLICY);
        settleDay(slots, 0, context);
      }
      if (missing > 0 && slots.states[10] !== SLOT_ESTIMATED) throw new Error('nothing was estimated');
    });
  }
}
