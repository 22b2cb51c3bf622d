/**
 * How far apart the clocks of two machines may be that answer for the same server: half a minute is what a machine
 * without time synchronisation is soon off by, and this is twice that. What one machine writes with its time stays good
 * for so much longer that no other one sees it end too early.
 */
export const CLOCK_SKEW_SECONDS = 60;
