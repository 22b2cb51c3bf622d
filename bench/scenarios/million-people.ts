import { join } from "node:path";
import { sessionHashOf } from "../../src/authorization-server/people/sessions.ts";
import { createOAuthServer, type OAuthServer } from "../../src/index.ts";
import { silentLog } from "../../src/platform/logging.ts";
import { openStore } from "../../src/store/open-store.ts";
import type { Store } from "../../src/store/store.ts";
import { makePeople, type OneOfMany, oneOfMany } from "../../test/support/store/many-people.ts";
import {
  APPROVED,
  REDEEMED,
  SIGNED_IN,
  sampleApproval,
  sampleSession,
  sampleSignIn,
} from "../../test/support/store/samples.ts";
import { type BenchSettings, median } from "../comparison.ts";
import type { Figure, Report, Row, Scenario } from "../report.ts";
import { withPostgres } from "./with-postgres.ts";

const MILLION = 1_000_000;
const THOUSAND = 1000;
/** Of each operation, in each round. */
const CALLS = 300;
const AT_MOST = 1.5;
/** What a lookup by SQLite, in this process, may take longer: a request that it is a part of takes milliseconds. */
const LONGER_MICROSECONDS = 100;
const ISSUER = "https://bench.example";
const MONTH_MS = 30 * 24 * 60 * 60 * 1000;

/** Whether full tables slow what is done for one person, or what the operator asks. */
export const millionPeople: Scenario<BenchSettings> = {
  name: "million-people",
  title: "what the store does with a million people, identities, sessions and grants, and with a thousand",
  onRequest: "fills two databases, which takes some minutes",
  run: (settings) =>
    withPostgres(settings, async (freshDatabase) => {
      const onSqlite = await compare("SQLite", settings, async (count) =>
        join(settings.directory, `${count}.db`),
      );
      const onPostgres = await compare("Postgres", settings, freshDatabase);
      return {
        rows: [...onSqlite.rows, ...onPostgres.rows],
        figures: [...onSqlite.figures, ...onPostgres.figures],
      };
    }),
};

async function compare(
  where: string,
  { rounds }: BenchSettings,
  freshDatabase: (count: number) => Promise<string>,
): Promise<Report> {
  const sides: Side[] = [];
  try {
    for (const count of [MILLION, THOUSAND]) {
      const database = await freshDatabase(count);
      await makePeople(database, { count });
      const options = { database, publicUrl: ISSUER, secret: "of the bench ".repeat(3), log: silentLog };
      const server = createOAuthServer("bench", () => null, options);
      sides.push({
        ...(await openStore({ database, answerMs: COMMAND_ANSWER_MS })),
        server,
        count,
        marks: counting(),
      });
    }
    const [full, empty] = sides as [Side, Side];
    const measured = new Map<string, Timed[]>(OPERATIONS.map(({ name }) => [name, []]));
    // The first round warms up.
    for (let round = 0; round <= rounds; round += 1) {
      for (const operation of OPERATIONS) {
        const timed = await inPairs(operation, full, empty);
        if (round > 0) measured.get(operation.name)?.push(timed);
      }
    }
    const all = OPERATIONS.map(({ name, isLookup = false }) => ({
      name: `${where}, ${name}`,
      timed: measured.get(name) ?? [],
      isQuick: isLookup && where === "SQLite",
    }));
    return {
      rows: all.map(rowOf),
      figures: [...all.flatMap(figuresOf), ...(await searches(where, full))],
    };
  } finally {
    for (const { server, close } of sides) {
      await server.close();
      await close();
    }
  }
}

const SEARCHES = [
  { what: "a part that one person has", matching: "P424242@people" },
  { what: "a part that no one has", matching: "nobody@nowhere" },
];
const SEARCHED = 7;
/** The operator's commands wait for so long. */
const COMMAND_ANSWER_MS = 10 * 60 * 1000;
/** It reads every row, so it takes as long as there are rows. */
const SEARCH_MS = 2000;

/** How long the operator waits for `person list --matching`. */
async function searches(where: string, { store, count }: Side): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const { what, matching } of SEARCHES) {
    const times: number[] = [];
    for (let time = 0; time < SEARCHED; time += 1) {
      const startedAt = performance.now();
      await store.listPeople({ matching, now: Date.now(), limit: 50 });
      times.push(performance.now() - startedAt);
    }
    const name = `${where}, listPeople, ${what}, of ${count.toLocaleString("en")}`;
    figures.push({ what: name, value: median(times), unit: "ms", atMost: SEARCH_MS });
  }
  return figures;
}

type Side = {
  readonly store: Store;
  /** Over the same database. */
  readonly server: Pick<OAuthServer, "fetch" | "close">;
  readonly close: () => Promise<void>;
  readonly count: number;
  /** Numbers for what is made. */
  readonly marks: Iterator<number, never>;
};

type Operation = {
  readonly name: string;
  /** Gives the part that is timed. */
  readonly prepare: (side: Side, one: OneOfMany, mark: number) => Promise<() => Promise<unknown>>;
  /** One row found by its key: with SQLite, some microseconds. */
  readonly isLookup?: boolean;
};

const OPERATIONS: readonly Operation[] = [
  {
    name: "GET /account, of one who is signed in",
    prepare: async ({ store, server }, one, mark) => {
      const secret = `secret-${mark}`;
      await signingIn(store, one, sessionHashOf(secret, ISSUER), false)();
      const headers = { cookie: `__Host-gatehouse-session=${secret}` };
      return async () => {
        const response = await server.fetch(new Request(`${ISSUER}/account`, { headers }));
        await response.text();
        if (response.status !== 200) throw new Error(`/account answered ${response.status}`);
      };
    },
  },
  {
    name: "signIn, of one who is known",
    prepare: async ({ store }, one, mark) => signingIn(store, one, `new-${mark}`, false),
  },
  {
    name: "signIn, of a new one",
    prepare: async ({ store }, _one, mark) => signingIn(store, newcomer(mark), `new-${mark}`, true),
  },
  {
    name: "findSession",
    isLookup: true,
    prepare:
      async ({ store }, { session }) =>
      () =>
        store.findSession(session, Date.now()),
  },
  {
    name: "findByIdentity",
    isLookup: true,
    prepare:
      async ({ store }, { identity }) =>
      () =>
        store.findByIdentity(identity),
  },
  {
    name: "findByToken, by identity",
    isLookup: true,
    prepare:
      async ({ store }, { identity }) =>
      () =>
        store.findByToken({ ...identity, id: "nobody" }),
  },
  {
    name: "findByToken, of no one",
    isLookup: true,
    prepare:
      async ({ store }, { identity }, mark) =>
      () =>
        store.findByToken({ ...identity, subject: `nobody-${mark}`, id: `nobody-${mark}` }),
  },
  {
    name: "listPeople, the newest 50",
    prepare:
      async ({ store }) =>
      () =>
        store.listPeople({ now: Date.now(), limit: 50 }),
  },
  {
    name: "rotateRefresh",
    prepare: async ({ store }, { id: personId }) => {
      const [grant] = await store.listGrants({ personId, liveAt: Date.now(), limit: 1 });
      if (!grant) throw new Error(`${personId} has no grant`);
      const { id, clientId, generation: presented } = grant;
      const now = Date.now();
      return () => store.rotateRefresh({ id, clientId, presented, refreshExpiresAt: now + MONTH_MS, now });
    },
  },
  {
    name: "approve",
    prepare:
      async ({ store }, one, mark) =>
      () =>
        store.approve(approvalOf(one, mark), APPROVED),
  },
  {
    name: "redeemCode",
    prepare: async ({ store }, one, mark) => {
      const { id, refreshExpiresAt, createdAt } = approvalOf(one, mark);
      await store.approve(approvalOf(one, mark), APPROVED);
      return () => store.redeemCode(id, refreshExpiresAt, createdAt, REDEEMED);
    },
  },
];

function newcomer(mark: number): OneOfMany {
  const { identity, ...others } = oneOfMany(mark);
  return {
    ...others,
    id: `newcomer-${mark}`,
    identity: { ...identity, subject: `newcomer-${mark}` },
  };
}

function signingIn(store: Store, { id, identity }: OneOfMany, hash: string, isNew: boolean) {
  const now = Date.now();
  const session = sampleSession({
    hash,
    authenticatedAt: now,
    expiresAt: now + MONTH_MS,
    endsAt: now + MONTH_MS,
  });
  const signIn = sampleSignIn({ identity, personId: id, person: { id }, isNew, session, now });
  return async () => {
    const { kind } = await store.signIn(signIn, SIGNED_IN);
    if (kind !== "signed_in") throw new Error(`the sign-in of ${id} was ${kind}`);
  };
}

function approvalOf({ id }: OneOfMany, mark: number) {
  const now = Date.now();
  return sampleApproval({
    id: `new-${mark}`,
    person: { id },
    createdAt: now,
    signedInAt: now,
    codeExpiresAt: now + 60_000,
    refreshExpiresAt: now + MONTH_MS,
    endsAt: now + MONTH_MS,
  });
}

/** Milliseconds of each call, in order of size. */
type Timed = { readonly full: readonly number[]; readonly empty: readonly number[] };

/** One call there and one here, in turn, so that what else the machine does hits each of them alike. */
async function inPairs({ prepare }: Operation, full: Side, empty: Side): Promise<Timed> {
  const timed = { full: [] as number[], empty: [] as number[] };
  const once = async (side: Side, times: number[]) => {
    const someone = oneOfMany(1 + Math.floor(Math.random() * side.count));
    const work = await prepare(side, someone, side.marks.next().value);
    const startedAt = performance.now();
    await work();
    times.push(performance.now() - startedAt);
  };
  for (let call = 0; call < CALLS; call += 1) {
    await once(full, timed.full);
    await once(empty, timed.empty);
  }
  return { full: timed.full.sort(ascending), empty: timed.empty.sort(ascending) };
}

type Operated = { readonly name: string; readonly timed: readonly Timed[]; readonly isQuick: boolean };

function rowOf({ name, timed }: Operated): Row {
  const of = (share: number, side: keyof Timed) => median(timed.map((one) => quantile(one[side], share)));
  return {
    name,
    values: ([0.5, 0.99] as const).map(
      (share) => `p${share * 100} ${ms(of(share, "full"))}, of a thousand ${ms(of(share, "empty"))}`,
    ),
  };
}

function figuresOf({ name, timed, isQuick }: Operated): readonly Figure[] {
  const ratio = (share: number) =>
    median(timed.map(({ full, empty }) => quantile(full, share) / quantile(empty, share)));
  if (isQuick) {
    const longer = median(timed.map(({ full, empty }) => quantile(full, 0.99) - quantile(empty, 0.99)));
    const beside = `p99 ${ratio(0.99).toFixed(2)} ×, p50 ${ratio(0.5).toFixed(2)} ×`;
    return [
      {
        what: `${name}: p99, longer by`,
        value: longer * 1000,
        unit: "µs",
        atMost: LONGER_MICROSECONDS,
        beside,
      },
    ];
  }
  return [
    {
      what: `${name}: p99`,
      value: ratio(0.99),
      unit: "×",
      atMost: AT_MOST,
      beside: `p50 ${ratio(0.5).toFixed(2)} ×`,
    },
  ];
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
}

function* counting(): Generator<number, never> {
  for (let number = MILLION + 1; ; number += 1) yield number;
}

function ascending(a: number, b: number): number {
  return a - b;
}

function ms(value: number): string {
  return `${value.toFixed(2)} ms`;
}
