import { z } from "zod";

/** Text that is not empty. */
export const text = (must: string) => z.string(must).min(1, must);

/** Text that people read: not empty, and without what turns it around or can't be seen. */
export const shownText = (must: string) =>
  text(must).refine((value) => !/\p{C}/u.test(value), `${must}, without control characters`);

/** A client ID or secret as the provider gave it: what is pasted with a line break would be refused there, without a reason. */
export const credential = (must: string) =>
  text(must).refine(
    (value) => value === value.trim() && !/\p{Cc}/u.test(value),
    `${must}, without line breaks, and without blanks at its ends`,
  );

export const yesOrNo = z.boolean("true or false");

export const seconds = (from: number, to: number) => wholeNumber(from, to, "a whole number of seconds");

export const wholeNumber = (from: number, to: number, what = "a whole number") => {
  const must = `${what} from ${from} to ${to}`;
  return z.int(must).min(from, must).max(to, must);
};

export const aFunction = <T>() => z.custom<T>((value) => typeof value === "function", "a function");
