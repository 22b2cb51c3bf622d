import { type BenchSettings, type Contestant, inTurn, type Measurement } from "../comparison.ts";
import { cpuTime, reportOf, type Scenario } from "../report.ts";
import type { GatehouseOptions } from "../servers/gatehouse.ts";
import { withPostgres } from "./with-postgres.ts";

/** What is clever gives this much where it matters, or is deleted (docs/decisions/0056). */
const GIVES = 1.05;

/** The server with something, and the same one with its plain form instead (`without/<name>/`). */
type Proof = {
  readonly name: string;
  readonly what: string;
  readonly loads: readonly ProofLoad[];
};
type ProofLoad = Pick<GatehouseOptions, "load" | "otherTools"> & {
  readonly called: string;
  readonly onPostgres?: true;
};

const REFRESH: ProofLoad = { called: "refresh", load: { kind: "refresh" } };
const REFRESH_ON_POSTGRES: ProofLoad = { ...REFRESH, called: "refresh on Postgres", onPostgres: true };
const REGISTRATION: ProofLoad = { called: "registration, new", load: { kind: "register", which: "new" } };
const CALL_2025: ProofLoad = { called: "tools/call 2025", load: { kind: "echo", era: "2025-11-25" } };
const CALL_2026: ProofLoad = { called: "tools/call 2026", load: { kind: "echo", era: "2026-07-28" } };
const CALLS = [CALL_2025, CALL_2026];
const CALLS_OF_ONE_IN_FIFTY = CALLS.map((load) => ({
  ...load,
  called: `${load.called}, one tool of fifty`,
  otherTools: 49,
}));

const PROOFS: readonly Proof[] = [
  { name: "own-jws", what: "our own JWS, and jose's", loads: [REFRESH] },
  { name: "der-signatures", what: "our own DER, and node's P1363 form", loads: [REFRESH] },
  {
    name: "pipeline",
    what: "statements of one write, and a connection for each",
    loads: [REFRESH_ON_POSTGRES],
  },
  { name: "buffered-streams", what: "finished streams as text, and as streams", loads: CALLS },
  { name: "era-check", what: "our own look at the era, and the SDK's alone", loads: CALLS },
  {
    name: "only-reached",
    what: "a server with the tool that is called, and with all of them",
    loads: [...CALLS, ...CALLS_OF_ONE_IN_FIFTY],
  },
  { name: "tool-shelf", what: "a tool registered with the SDK once, and for each call", loads: CALLS },
  {
    name: "one-request",
    what: "a call of 2025 by the SDK's transport for one request, and by its transport of 2025",
    loads: [CALL_2025],
  },
  {
    name: "lines-together",
    what: "the log lines of one turn in one write, and each at once",
    loads: [REFRESH, REGISTRATION],
  },
  { name: "one-piece", what: "answers sent as text, and read from a stream", loads: [REFRESH, CALL_2026] },
  {
    name: "sends-together",
    what: "the answers of one turn sent together, and each by itself",
    loads: [REFRESH, CALL_2026],
  },
  {
    name: "group-commit",
    what: "the writes of one turn in one commit, and each in its own",
    loads: [REFRESH],
  },
];

export const proofs: readonly Scenario<BenchSettings>[] = PROOFS.map(({ name, what, loads }) => ({
  name,
  title: what,
  onRequest: "whether an optimization still pays",
  async run(settings) {
    const reports = [];
    for (const load of loads) reports.push(await compare(name, load, settings));
    return {
      rows: reports.flatMap(({ rows }) => rows),
      figures: reports.flatMap(({ figures }) => figures),
      profiles: reports.flatMap(({ profiles = [] }) => profiles),
    };
  },
}));

async function compare(name: string, { called, onPostgres, ...options }: ProofLoad, settings: BenchSettings) {
  const pair = async (freshDatabase: () => Promise<string | undefined>) => {
    const contestant = async (how: string): Promise<Contestant> => ({
      name: `${called}, ${how}`,
      module: "servers/gatehouse.ts",
      options: { ...options, database: await freshDatabase() },
    });
    const contestants = [await contestant("with"), { ...(await contestant("without")), without: name }];
    const measured = await inTurn(contestants, settings);
    const [with_, without] = measured as [Measurement, Measurement];
    return reportOf(measured, [cpuTime(`${called}, with to without, by CPU time`, with_, without, GIVES)]);
  };
  return onPostgres ? withPostgres(settings, pair) : pair(async () => undefined);
}
