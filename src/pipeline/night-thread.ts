/** Argument of a thread that is to load at once what a night needs. */
export const NIGHT_THREAD = 'night';
