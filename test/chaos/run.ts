import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { type ServiceDouble, startService } from "../support/service-double.ts";
import { checkHistory } from "./check-history.ts";
import { type Cluster, startCluster } from "./cluster.ts";
import { live } from "./device.ts";
import type { Disturbance, FinalRows, History, Operation, Promises, ServiceHistory } from "./history.ts";
import { operate } from "./operator.ts";
import { type Fault, MOST_AHEAD_SECONDS, planFaults } from "./plan.ts";
import { seededRandom } from "./random.ts";
import { grantOf } from "./requests.ts";
import type { Violation } from "./violation.ts";
import { hashed, hashedAlready, send, type World } from "./world.ts";

export type ChaosOptions = { readonly seed: number; readonly seconds: number };

export type ChaosReport = {
  /** Those that happened, in the order in which they were over. */
  readonly faults: readonly Fault[];
  readonly operations: readonly Operation[];
  readonly violations: readonly Violation[];
  /** What the instances logged; kept where something was violated. */
  readonly directory: string;
};

const PROMISES: Promises = {
  codeSeconds: 60,
  graceSeconds: 10,
  accessTokenSeconds: 1800,
  revokedWithinSeconds: 1,
  usedWithinSeconds: 1,
  recoveredWithinSeconds: 10,
  lateSeconds: 6,
  slackSeconds: 2,
};

const DEVICES = 12;
/** Each has several devices. */
const PEOPLE = Array.from({ length: 6 }, (_, index) => `person-${index}`);
/** Time enough to finish what was begun. */
const CALM_MS = 20_000;
/** Nothing that has failed stays away for longer. */
const RECOVERY_MS = 30_000;
/** Between two looks at whether it has come. */
const PAUSE_MS = 100;
/** At first, one is half a minute ahead of the database, and one behind it. */
const CLOCKS_AHEAD_SECONDS = [0, MOST_AHEAD_SECONDS, -MOST_AHEAD_SECONDS] as const;

/** Lets devices use a cluster, and its operator work on it, while everything goes wrong, and holds what they were answered against what is promised. */
export async function runChaos({ seed, seconds }: ChaosOptions): Promise<ChaosReport> {
  const random = seededRandom(seed);
  const directory = mkdtempSync(join(tmpdir(), "gatehouse-chaos-"));
  const service = await startService();
  service.say({ expiresInSeconds: 2 });
  const cluster = await startCluster({
    graceSeconds: PROMISES.graceSeconds,
    service: service.url,
    clocksAheadSeconds: CLOCKS_AHEAD_SECONDS,
    directory,
  });
  try {
    const milliseconds = seconds * 1000;
    const faults: Fault[] = [];
    const operations: Operation[] = [];
    const disturbances: Disturbance[] = [];
    const startedAt = performance.now();
    let calmAt = Number.POSITIVE_INFINITY;
    const world: World = {
      instances: CLOCKS_AHEAD_SECONDS.length,
      fetch: cluster.fetch,
      service,
      record: (operation) => operations.push(operation),
      now: () => performance.now() - startedAt,
      isCalm: () => world.now() >= calmAt,
      isOver: () => world.now() >= calmAt + CALM_MS,
    };
    const lives = Array.from({ length: DEVICES }, (_, index) => {
      const name = `device-${index}`;
      const [person = name, guest = name] = [index, index + 1].map(
        (number) => PEOPLE[number % PEOPLE.length],
      );
      return live({
        name,
        person,
        guest,
        random: random.branch(name),
        world,
        promises: PROMISES,
        acting: [],
      });
    });
    const operated = operate({
      random: random.branch("operator"),
      world,
      people: PEOPLE,
      ...cluster.command,
    });
    const hasHappened = (kind: Fault["kind"]) => faults.some((fault) => fault.kind === kind);
    const inTurn = async (track: readonly Fault[]) => {
      for (const fault of track) {
        // Starting again takes its time, and the others come later for it. One of each kind is waited for.
        if (world.now() >= milliseconds && hasHappened(fault.kind)) continue;
        const from = await letHappen(fault, cluster, world);
        faults.push(fault);
        if (HARMLESS_TO_WRITES.includes(fault.kind)) continue;
        const instance = "instance" in fault ? { instance: fault.instance } : {};
        disturbances.push({ from, to: world.now(), ...instance });
      }
    };
    const plan = { milliseconds, clocksAheadSeconds: CLOCKS_AHEAD_SECONDS };
    await Promise.all(planFaults(random.branch("plan"), plan).map(inTurn));
    await setTimeout(Math.max(0, milliseconds - world.now()));
    await untilReady(world);
    calmAt = world.now();
    await Promise.all([...lives, operated]);
    const history: History = {
      operations,
      disturbances,
      calmAt,
      rows: await finalRows(cluster),
      service: seenBy(service, startedAt),
    };
    const violations = checkHistory(history, PROMISES);
    if (violations.length === 0) rmSync(directory, { recursive: true });
    return { faults, operations, violations, directory };
  } finally {
    await cluster.stop();
    await service.close();
  }
}

/** On the watcher's clock. */
function seenBy({ shown, ended }: ServiceDouble, startedAt: number): ServiceHistory {
  const at = (time: number) => time - startedAt;
  return {
    shown: shown.map((one) => ({
      token: hashed(one.token),
      connection: hashed(one.account),
      at: at(one.at),
    })),
    ended: ended.map((one) => ({ connection: hashed(one.account), at: at(one.at) })),
  };
}

const HARMLESS_TO_WRITES: readonly Fault["kind"][] = ["cut notification links", "shift clock"];

/** Waits for its time, and says when it began. Resolves once it is over. */
async function letHappen(fault: Fault, cluster: Cluster, world: World): Promise<number> {
  await setTimeout(Math.max(0, fault.at - world.now()));
  const from = world.now();
  await happen(fault, cluster);
  return from;
}

async function happen(fault: Fault, { postgres, database, end, start, setClock }: Cluster): Promise<void> {
  switch (fault.kind) {
    case "stop Postgres":
      await postgres.goDown("immediate");
      await setTimeout(fault.lasts);
      return postgres.comeBack();
    case "hang Postgres":
      postgres.hang();
      await setTimeout(fault.lasts);
      return postgres.goOn();
    case "cut notification links":
    case "cut all connections":
      // After an outage, they are not there again at once.
      while ((await postgres.query(database, CUT[fault.kind])).length === 0) await setTimeout(PAUSE_MS);
      return;
    case "kill instance":
    case "end instance":
      await end(fault.instance, fault.kind === "kill instance" ? "SIGKILL" : "SIGTERM");
      await setTimeout(fault.lasts);
      return start(fault.instance);
    case "shift clock":
      return setClock(fault.instance, fault.aheadSeconds);
  }
}

const CUT = {
  "cut all connections":
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'gatehouse'",
  "cut notification links":
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity " +
    "WHERE application_name = 'gatehouse' AND (query LIKE '%\"changes\"%' OR query LIKE 'LISTEN%')",
} as const;

/** Every instance says that it is. */
async function untilReady(world: World): Promise<void> {
  const deadline = world.now() + RECOVERY_MS;
  for (let instance = 0; instance < world.instances; instance += 1) {
    while (
      (await send(world, instance, new Request("https://mcp.example/ready"))).outcome.kind !== "honoured"
    ) {
      if (world.now() > deadline) throw new Error(`instance ${instance} does not get ready again`);
      await setTimeout(PAUSE_MS);
    }
  }
}

async function finalRows({ postgres, database }: Cluster): Promise<FinalRows> {
  const all = (table: string) => postgres.query(database, `SELECT * FROM ${table}`);
  const [grants, people, sessions] = await Promise.all(["grants", "people", "sessions"].map(all));
  return {
    grants: (grants ?? []).map((row) => ({
      grant: grantOf(String(row.id)),
      client: hashed(String(row.client_id)),
      person: hashed(String(row.person_id)),
      generation: Number(row.generation),
      isRedeemed: row.redeemed_at !== null,
      isRotated: row.rotated_at !== null,
      isRevoked: row.revoked_at !== null,
      hasReason: row.revoked_reason !== null,
    })),
    people: (people ?? []).map((row) => ({
      person: hashed(String(row.id)),
      isDisabled: row.disabled_at !== null,
    })),
    sessions: (sessions ?? []).map((row) => ({
      session: hashedAlready(String(row.hash)),
      person: hashed(String(row.person_id)),
    })),
  };
}
