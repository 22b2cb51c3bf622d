import { setTimeout } from "node:timers/promises";
import { rotateSigningKey } from "../../src/authorization-server/tokens/signing-keys.ts";
import { OAuthError } from "../../src/core/errors.ts";
import type { Keyring } from "../../src/platform/secrets/keyring.ts";
import { DISABLED, ENABLED, KEY_ROTATED } from "../support/store/samples.ts";
import type { TestStore } from "../support/store/test-store.ts";
import type { OperationOf, Outcome } from "./history.ts";
import type { Random } from "./random.ts";
import { hashed, type World } from "./world.ts";

/** Who runs the server, and does to its database what their commands do. */
export type Operator = {
  readonly random: Random;
  readonly world: World;
  readonly store: TestStore;
  readonly keyring: Keyring;
};

/** Goes on until all is calm, and leaves no client disabled. Does everything once, in however short a run. */
export async function operate(operator: Operator): Promise<void> {
  const { random, world } = operator;
  const first = random.shuffled([...new Set(ACTS)]);
  for (let times = 0; ; times += 1) {
    await setTimeout(random.between(100, 1000));
    if (world.isCalm()) return;
    await (first[times] ?? random.pick(ACTS))(operator);
  }
}

const DISABLED_TOGETHER = 3;
const PAUSE_MS = 100;

type Act = (operator: Operator) => Promise<void>;

const disableForAWhile: Act = async (operator) => {
  const { random, store } = operator;
  const clientIds = random.shuffled(await listClientIds(operator)).slice(0, DISABLED_TOGETHER);
  const forEachOne = (kind: "disable" | "enable", act: (clientId: string) => Promise<boolean>) =>
    Promise.all(clientIds.map((id) => untilDone(operator, { kind, client: hashed(id) }, () => act(id))));
  await forEachOne("disable", (clientId) => store.disableClient(clientId, store.clock(), DISABLED));
  await setTimeout(random.between(1000, 3000));
  await forEachOne("enable", (clientId) => store.enableClient(clientId, ENABLED));
};

/** In an order that is the same again. Waits for the first one to register. */
async function listClientIds(operator: Operator): Promise<readonly string[]> {
  for (;;) {
    const listed = await untilDone(operator, undefined, () => operator.store.listClients());
    if (listed?.length !== 0) return (listed ?? []).map(({ id }) => id).sort();
    await setTimeout(PAUSE_MS);
  }
}

const rotateKey: Act = async (operator) => {
  const { store, keyring } = operator;
  const rotate = () => rotateSigningKey({ store, keyring, clock: store.clock }, () => KEY_ROTATED);
  await untilDone(operator, { kind: "rotate key" }, rotate);
};

/** One that stands there twice comes twice as often. */
const ACTS = [disableForAWhile, disableForAWhile, disableForAWhile, rotateKey] as const;

type What =
  | Pick<OperationOf<"disable">, "kind" | "client">
  | Pick<OperationOf<"enable">, "kind" | "client">
  | Pick<OperationOf<"rotate key">, "kind">;

/** As a command that is run again until it says that it is done. @param what stands in the history, where something does */
async function untilDone<T>(
  { random, world }: Operator,
  what: What | undefined,
  act: () => Promise<T>,
): Promise<T | undefined> {
  while (!world.isOver()) {
    const startedAt = world.now();
    const record = (outcome: Outcome) => {
      if (what) world.record({ ...what, startedAt, endedAt: world.now(), outcome });
    };
    try {
      const result = await act();
      record({ kind: "honoured" });
      return result;
    } catch (error) {
      record(outcomeOf(error));
    }
    await setTimeout(random.between(20, 300));
  }
  return undefined;
}

/** Where the database is away, what was asked of it may be done or not. */
function outcomeOf(error: unknown): Outcome {
  const isAway = error instanceof OAuthError && error.code === "temporarily_unavailable";
  return isAway ? { kind: "unanswered" } : { kind: "wrong", what: String(error) };
}
