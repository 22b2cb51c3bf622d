import { z } from "zod";

const ORIGIN = 'an origin without a path, such as "https://app.example.com"';
const origin = z.string("an origin").refine((value) => URL.parse(value)?.origin === value, ORIGIN);

/** Origins whose pages may call, the same for every kind of server. Default "*": no cookie is involved. */
export const corsOption = z.union([z.literal("*"), z.array(origin)], '"*" or a list of origins').default("*");
