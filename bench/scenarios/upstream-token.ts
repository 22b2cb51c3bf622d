import { createRecorder } from "../../src/authorization-server/recorder.ts";
import { oauthUpstream } from "../../src/authorization-server/upstreams/index.ts";
import { createVault, type UpstreamVault } from "../../src/authorization-server/upstreams/vault.ts";
import { elsewhereOf } from "../../src/mcp/tools/with-upstreams.ts";
import { silentLog } from "../../src/platform/logging.ts";
import { createKeyring } from "../../src/platform/secrets/keyring.ts";
import { openStore } from "../../src/store/open-store.ts";
import type { OpenStore } from "../../src/store/store.ts";
import { addSamplePerson } from "../../test/support/store/samples.ts";
import type { BenchSettings } from "../comparison.ts";
import { median } from "../comparison.ts";
import type { Scenario } from "../report.ts";

const CALLS = 300_000;
const PEOPLE = 1000;
const PEER = { address: undefined, correlationId: "bench" };

/** What a tool pays for the person's token of another service, which this process has in memory. */
export const upstreamToken: Scenario<BenchSettings> = {
  name: "upstream-token",
  title: "context.upstream(name).accessToken(), from memory",
  async run({ rounds }) {
    const open = await openStore({ database: ":memory:" });
    try {
      const vault = await filled(open);
      const costs: number[] = [];
      for (let round = -1; round < rounds; round += 1) costs.push(await microsecondsEach(vault));
      // The first one warms up.
      const measured = costs.slice(1);
      return {
        rows: [
          {
            name: "accessToken, fastest and slowest round",
            values: [Math.min(...measured), Math.max(...measured)].map((cost) => `${cost.toFixed(3)} µs`),
          },
        ],
        figures: [{ what: "accessToken, median", value: median(measured), unit: "µs", atMost: 5 }],
      };
    } finally {
      await open.close();
    }
  },
};

const caller = (index: number) => {
  const person = { id: `person-${index}` };
  const client = { id: "client", name: null };
  return { person, organization: null, client, scopes: [], auth: { person, client } as never };
};

/** People with a token each, all in memory. */
async function filled({ store, clock }: OpenStore): Promise<UpstreamVault> {
  const service = { label: "Acme", issuer: "https://acme.example", clientId: "bench", clientSecret: "bench" };
  const vault = createVault({
    store,
    clock,
    keyring: createKeyring(["a-secret-for-the-bench-of-32-characters"]),
    log: silentLog,
    recorder: createRecorder({ store, clock, log: silentLog }),
    fetch: async () => {
      throw new Error("nothing is to be asked");
    },
    upstreams: { acme: oauthUpstream(service) },
    connectUrl: async () => "",
    isUpToDate: () => true,
  });
  for (let index = 0; index < PEOPLE; index += 1) {
    await addSamplePerson(store, `person-${index}`);
    const connection = { personId: `person-${index}`, name: "acme" };
    const tokens = {
      accessToken: `token-${index}`,
      refreshToken: undefined,
      expiresInSeconds: 86_400,
      scopes: [],
      account: "",
    };
    await vault.keepTokens(connection, tokens, PEER);
    await vault.access(`person-${index}`, "acme").accessToken();
  }
  return vault;
}

/** As a tool asks, with all that stands between it and the memory. */
async function microsecondsEach(vault: UpstreamVault): Promise<number> {
  const callers = Array.from({ length: PEOPLE }, (_, index) => caller(index));
  const startedAt = performance.now();
  for (let i = 0; i < CALLS; i += 1) {
    const { upstream } = elsewhereOf(callers[i % PEOPLE] ?? caller(0), vault, new Set());
    await upstream("acme").accessToken();
  }
  return (1000 * (performance.now() - startedAt)) / CALLS;
}
