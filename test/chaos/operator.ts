import { setTimeout } from "node:timers/promises";
import { rotateSigningKey } from "../../src/authorization-server/tokens/signing-keys.ts";
import { OAuthError } from "../../src/core/errors.ts";
import type { Keyring } from "../../src/platform/secrets/keyring.ts";
import { DISABLED, ENABLED, KEY_ROTATED, sampleEntry } from "../support/store/samples.ts";
import type { TestStore } from "../support/store/test-store.ts";
import { keepTokens } from "../support/upstream-credentials.ts";
import type { OperationOf, Outcome } from "./history.ts";
import type { Random } from "./random.ts";
import { hashed, type World } from "./world.ts";

/** Who runs the server, and does to its database what their commands do. */
export type Operator = {
  readonly random: Random;
  readonly world: World;
  readonly store: TestStore;
  readonly keyring: Keyring;
  /** By their ids. Not all have signed in yet. */
  readonly people: readonly string[];
};

/**
 * Goes on until all is calm, and leaves no client and no person disabled. Does everything once, in however short a run:
 * with the clients, and at the same time with the people.
 */
export async function operate(operator: Operator): Promise<void> {
  const onClients = { ...operator, random: operator.random.branch("clients") };
  const onPeople = { ...operator, random: operator.random.branch("people") };
  const elsewhere = { ...operator, random: operator.random.branch("elsewhere") };
  await Promise.all([goOn(onClients, ON_CLIENTS), goOn(onPeople, ON_PEOPLE), goOn(elsewhere, ELSEWHERE)]);
}

async function goOn(operator: Operator, acts: Acts): Promise<void> {
  const { random, world } = operator;
  const first = random.shuffled([...new Set(acts)]);
  for (let times = 0; ; times += 1) {
    await setTimeout(random.between(100, 1000));
    if (world.isCalm()) return;
    await (first[times] ?? random.pick(acts))(operator);
  }
}

const DISABLED_TOGETHER = 3;
/** Of the people fewer: most are to have time for a life. */
const PEOPLE_TOGETHER = 2;
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

const disablePeopleForAWhile: Act = async (operator) => {
  const { random, store, people } = operator;
  const some = random.shuffled(people).slice(0, PEOPLE_TOGETHER);
  await toEach(operator, some, "disable person", (person) =>
    store.disablePerson(person, store.clock(), sampleEntry("person.disabled", { fields: { person } })),
  );
  await setTimeout(random.between(500, 2500));
  await toEach(operator, some, "enable person", (person) =>
    store.enablePerson(person, sampleEntry("person.enabled", { fields: { person } })),
  );
};

const signPeopleOut: Act = async (operator) => {
  const { random, store, people } = operator;
  const some = random.shuffled(people).slice(0, PEOPLE_TOGETHER);
  await toEach(operator, some, "sign out person", (person) =>
    store.signOutPerson(person, store.clock(), sampleEntry("person.signed_out", { fields: { person } })),
  );
};

/** As people do in a browser, without one. */
const connectPeople: Act = async (operator) => {
  const { random, store, keyring, world, people } = operator;
  const some = random.shuffled(people).slice(0, CONNECTED_TOGETHER);
  await Promise.all(
    some.map((person) => {
      connections += 1;
      const account = `${person}#${connections}`;
      const what = { kind: "connect", person: hashed(person), connection: hashed(account) } as const;
      const keeping = { store, keyring, now: store.clock() };
      return untilDone(operator, what, async () => {
        // Others each time: what was kept without an answer may be spent by now.
        const given = { ...world.service.give(account), expiresInSeconds: random.pick(TOKENS_SECONDS) };
        if (!(await keepTokens(keeping, world.service, person, given))) throw NOT_THERE;
      });
    }),
  );
};

/** Most are to have something there. */
const CONNECTED_TOGETHER = 4;
let connections = 0;
/** Some have to be refreshed at nearly each call, and some come from memory for as long as the run takes. */
const TOKENS_SECONDS = [2, 3600] as const;

const disconnectPeople: Act = async (operator) => {
  const { random, store, people } = operator;
  const some = random.shuffled(people).slice(0, PEOPLE_TOGETHER);
  await Promise.all(
    some.map((person) =>
      untilDone(operator, { kind: "disconnect", person: hashed(person) }, () =>
        store.removeUpstreamCredential(
          { personId: person, upstream: "acme", now: store.clock() },
          sampleEntry("upstream.disconnected", { fields: { person, upstream: "acme" } }),
        ),
      ),
    ),
  );
};

async function toEach(
  operator: Operator,
  people: readonly string[],
  kind: OnPerson["kind"],
  act: (person: string) => Promise<boolean>,
): Promise<void> {
  await Promise.all(
    people.map((person) => untilDone(operator, { kind, person: hashed(person) }, () => act(person))),
  );
}

/** One that stands there twice comes twice as often. */
type Acts = readonly [Act, ...Act[]];
const ON_CLIENTS: Acts = [disableForAWhile, disableForAWhile, disableForAWhile, rotateKey];
const ON_PEOPLE: Acts = [disablePeopleForAWhile, signPeopleOut, signPeopleOut];
const ELSEWHERE: Acts = [connectPeople, connectPeople, connectPeople, disconnectPeople];

/** Nothing is connected for one who has not signed in yet, or is disabled. */
const NOT_THERE = new OAuthError("access_denied", "There is no such person, or they are disabled.");

type What =
  | Pick<OperationOf<"disable">, "kind" | "client">
  | Pick<OperationOf<"enable">, "kind" | "client">
  | OnPerson
  | Pick<OperationOf<"connect">, "kind" | "person" | "connection">
  | Pick<OperationOf<"disconnect">, "kind" | "person">
  | Pick<OperationOf<"rotate key">, "kind">;
type OnPerson = {
  readonly kind: `${"disable" | "enable" | "sign out"} person`;
  readonly person: string;
};

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
      if (error === NOT_THERE) return undefined;
    }
    await setTimeout(random.between(20, 300));
  }
  return undefined;
}

/** Where the database is away, what was asked of it may be done or not. */
function outcomeOf(error: unknown): Outcome {
  if (error === NOT_THERE) return { kind: "refused", error: "access_denied" };
  const isAway = error instanceof OAuthError && error.code === "temporarily_unavailable";
  return isAway ? { kind: "unanswered" } : { kind: "wrong", what: String(error) };
}
