import { z } from "zod";

const MOST = 1_000_000;
const COUNT = `a whole number from 1 to ${MOST}`;

/** How many verified access tokens an instance remembers, the same for every kind of server. Default 10,000. */
export const cachedTokensOption = z.int(COUNT).min(1, COUNT).max(MOST, COUNT).default(10_000);
