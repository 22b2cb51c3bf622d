import { checkSigningKeys } from "../authorization-server/tokens/signing-keys.ts";
import { type Clock, systemClock } from "../platform/clock.ts";
import { json } from "../platform/json.ts";
import type { Log } from "../platform/logging.ts";
import type { Keyring } from "../platform/secrets/keyring.ts";
import { within } from "../platform/within.ts";
import type { Store } from "../store/store.ts";

/** What must hold before requests can be answered. */
export type Check = {
  readonly name: string;
  /** What everybody may read where it does not hold. Why it does not, only the log says. */
  readonly failure: string;
  /** Rejects where it does not hold. */
  run(): Promise<void>;
};

/** Whether requests should come here (`/ready`). */
export type Readiness = {
  /** 200, or 503 with the first check that fails; within two seconds, whatever hangs. */
  answer(): Promise<Response>;
  /** From here on it is 503: requests that come are still served, and no more should. */
  leave(): void;
};

/** Probes come from many places, and anybody may send one: the database is asked once a second at the most. */
const KEPT_MS = 1000;
/** Longer than this, nobody waits for an answer … */
const PATIENCE_MS = 1500;
/** … and this long, nothing is asked a second time. */
const GIVEN_UP_MS = 10_000;

/** @param checks asked one after the other, as long as they hold */
export function createReadiness(checks: readonly Check[], clock: Clock, log: Log): Readiness {
  let leaving = false;
  let known: { readonly failed: Check | undefined; readonly at: number } | undefined;
  let round: Promise<Outcome> | undefined;
  let asked: Check | undefined;

  const ask = async (): Promise<Outcome> => {
    for (const check of checks) {
      asked = check;
      try {
        await check.run();
      } catch (cause) {
        return { failed: check, cause };
      }
    }
    return HOLDS;
  };

  const remember = ({ failed, cause }: Outcome) => {
    if (failed?.name !== known?.failed?.name) {
      if (failed) log.error(`not ready: ${failed.failure}`, { check: failed.name, cause });
      else log.info("ready again");
    }
    known = { failed, at: clock() };
  };

  const failing = async (): Promise<Check | undefined> => {
    if (known && Math.abs(clock() - known.at) < KEPT_MS) return known.failed;
    round ??= within(GIVEN_UP_MS, ask(), () => late(asked)).finally(() => {
      round = undefined;
    });
    const outcome = await within(PATIENCE_MS, round, () => late(asked));
    remember(outcome);
    return outcome.failed;
  };

  return {
    async answer() {
      if (leaving) return notReady("shutdown", "The server is shutting down.");
      const failed = await failing();
      return failed ? notReady(failed.name, failed.failure) : plain(200, { status: "ready" });
    },
    leave() {
      leaving = true;
    },
  };
}

/** What a server with a database of its own needs. */
export function storeChecks(parts: {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly clock: Clock;
}): readonly Check[] {
  return [
    { name: "database", failure: "The database does not answer.", run: () => parts.store.ping() },
    {
      name: "writes",
      failure: "The database does not take writes.",
      run: () => parts.store.probeWrites(),
    },
    {
      name: "migrations",
      failure: "The database is not at the schema of this version.",
      async run() {
        const pending = await parts.store.pendingMigrations();
        if (pending.length > 0) throw new Error(`the database lacks ${pending.join(", ")}`);
      },
    },
    {
      name: "keys",
      failure: "The signing keys cannot be opened with this secret.",
      run: () => checkSigningKeys(parts),
    },
  ];
}

/** `/health`: the process answers. It says nothing of the database, whose outage a restart would not end. */
export function alive(): Response {
  return plain(200, { status: "healthy", timestamp: new Date(systemClock()).toISOString() });
}

type Outcome = { readonly failed: Check | undefined; readonly cause?: unknown };
const HOLDS: Outcome = { failed: undefined };

function late(asked: Check | undefined): Outcome {
  return { failed: asked, cause: new Error("there was no answer in time") };
}

/** `/ready`: no request should come here now. */
export function notReady(failed: string, reason: string): Response {
  return plain(503, { status: "not ready", failed, reason });
}

function plain(status: number, body: object): Response {
  return json(body, { status, headers: { "Cache-Control": "no-store" } });
}
