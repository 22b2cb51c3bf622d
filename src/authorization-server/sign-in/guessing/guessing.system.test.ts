import fc from "fast-check";
import { expect, it } from "vitest";
import { openTestStore } from "../../../../test/support/store/test-store.ts";
import { createKeyring } from "../../../platform/secrets/keyring.ts";
import { type Attempts, createAttempts } from "./attempts.ts";
import { FAMILIAR_SECONDS } from "./guess-limits.ts";

const keyring = createKeyring(["a secret of this test, long enough"]);
const QUARTER_HOUR_MS = 15 * 60_000;
const HOUR_MS = 60 * 60_000;

/** What guessers do: wait, guess at one name in some spelling, or sign in with an account of their own that is spelled like it. */
const step = fc.oneof(
  fc.record({ kind: fc.constant("wait" as const), seconds: fc.integer({ min: 1, max: 1800 }) }),
  fc.record({
    kind: fc.constantFrom("guess" as const, "own" as const),
    spelling: fc.constantFrom("ada", "ADA", "àda", "ada "),
    host: fc.integer({ min: 0, max: 39 }),
    times: fc.integer({ min: 1, max: 30 }),
  }),
);

/** IPv4 and IPv6, some of them in one block or one /56. */
const addressOf = (host: number) =>
  host % 2 === 0 ? `10.0.${host % 5}.${host}` : `2001:db8:${host % 4}:${(host % 3) * 256 + host}::${host}`;

it("whatever guessers do, they stay below the limits, and no one else waits for longer than a minute", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
      const store = await openTestStore({ database: ":memory:" });
      let now = FAMILIAR_SECONDS * 1000;
      const began = now;
      const attempts = createAttempts({ counters: store.counters, store, keyring, clock: () => now });
      await signIn(attempts, "192.0.2.1");
      const guesses = new Map<number, number>();
      for (const each of steps) {
        if (each.kind === "wait") {
          now += each.seconds * 1000;
          continue;
        }
        for (let time = 0; time < each.times; time += 1) {
          const attempt = await attempts.begin(each.spelling, addressOf(each.host)).catch(() => undefined);
          if (each.kind === "own") await attempt?.succeeded({ id: `guesser ${each.spelling}` });
          else if (attempt) guesses.set(each.host, (guesses.get(each.host) ?? 0) + 1);
          attempt?.ended();
        }
      }
      // Accounts of their own may be spelled like hers; by their sign-ins each spelling begins again, and hers does not.
      const hours = Math.floor((now - began) / HOUR_MS) + 1;
      for (const count of guesses.values()) expect(count).toBeLessThanOrEqual(hours * 100);
      // From where no one guesses, and from home.
      for (const address of ["198.51.100.1", "2001:db8:ffff::1", "192.0.2.1"]) {
        await signIn(attempts, address);
      }
      // From a block where someone does, once it is its turn.
      now += QUARTER_HOUR_MS;
      for (const address of ["10.0.1.250", "2001:db8:1:ff00::1"]) {
        await signIn(attempts, address);
      }
      await store.close();
    }),
    { numRuns: 60 },
  );
});

it("without an account that is spelled like hers, one host has ten guesses in a quarter of an hour", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 900 }), fc.integer({ min: 1, max: 30 })), {
        maxLength: 30,
      }),
      async (bursts) => {
        const store = await openTestStore({ database: ":memory:" });
        let now = 0;
        const attempts = createAttempts({ counters: store.counters, store, keyring, clock: () => now });
        let guesses = 0;
        for (const [seconds, times] of bursts) {
          now += seconds * 1000;
          for (let time = 0; time < times; time += 1) {
            await attempts.begin("ada", "10.0.0.1").then(
              (attempt) => {
                guesses += 1;
                attempt.ended();
              },
              () => undefined,
            );
          }
        }
        expect(guesses).toBeLessThanOrEqual(10 * (Math.floor(now / QUARTER_HOUR_MS) + 1));
        await store.close();
      },
    ),
    { numRuns: 40 },
  );
});

async function signIn(attempts: Attempts, address: string): Promise<void> {
  const attempt = await attempts.begin("ada", address);
  await attempt.succeeded({ id: "person-1" });
  attempt.ended();
}
