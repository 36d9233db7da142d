/** What became of a file that was to be delivered, as the report tells it. */
export interface NightDelivery {
  file: string;
  partner: string;
  messageId: string;
  /** `delivered` where the partner's receipt proves it; anything else is not called sent. */
  status: string;
  attempts: number;
  /** Why it is not delivered; null where it is. */
  problem: string | null;
  /** When the next attempt is due, ISO; null where none is. */
  nextAttempt: string | null;
  /** Path of the receipt; null where none came. */
  receipt: string | null;
}

/** What a run did about its deliveries. */
export interface NightDeliveries {
  deliveries: NightDelivery[];
  /** Sentences about certificates that end soon. */
  certificateWarnings: string[];
}

export const NO_DELIVERIES: NightDeliveries = { deliveries: [], certificateWarnings: [] };
