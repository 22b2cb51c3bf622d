import { within } from "./within.ts";

/** How long one is waited for alone. A request may take five seconds: there is time for the others. */
const PATIENCE_MS = 1000;

/**
 * Asks one after the other, the next one also where one takes long, and takes the first answer of any of them.
 * Undefined where none has one.
 * @param ask resolves to undefined for what is no answer
 */
export async function firstAnswer<One, Answer>(
  ones: readonly One[],
  ask: (one: One) => Promise<Answer | undefined>,
): Promise<Answer | undefined> {
  const first = Promise.withResolvers<Answer>();
  const asked: Promise<undefined>[] = [];
  for (const one of ones) {
    const without = ask(one).then((answer) => {
      if (answer !== undefined) first.resolve(answer);
      return undefined;
    });
    asked.push(without);
    const answer = await within(PATIENCE_MS, Promise.race([first.promise, without]), () => undefined);
    if (answer !== undefined) return answer;
  }
  return Promise.race([first.promise, Promise.all(asked).then(() => undefined)]);
}
