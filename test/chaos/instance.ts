import { createOAuthServer } from "../../src/index.ts";
import { acmeAt } from "../support/upstream-credentials.ts";
import { PASSWORD } from "./requests.ts";

export type InstanceOptions = {
  readonly database: string;
  readonly secret: string;
  /** 0 at the first start; then the port that it had, as an address that a balancer knows. */
  readonly port: number;
  readonly graceSeconds: number;
  /** Where the other service is. */
  readonly service: string;
  /** How wrong this machine's clock is. */
  readonly clockAheadSeconds: number;
};

/** What an instance is told while it runs: its machine's clock is set. */
export type SetClock = Pick<InstanceOptions, "clockAheadSeconds">;

// One instance of the server, as a process of its own. It says its port to the one that started it, and ends with it.

async function main(): Promise<void> {
  const { clockAheadSeconds, graceSeconds, service, ...options } = JSON.parse(
    process.argv[2] ?? "",
  ) as InstanceOptions;
  keepWrongTime(clockAheadSeconds);
  const checkUser = (name: string, password: string) => (password === PASSWORD ? name : null);
  const server = createOAuthServer("Chaos", checkUser, {
    ...options,
    publicUrl: "https://mcp.example",
    refreshGraceSeconds: graceSeconds,
    // A token that was revoked is let in for a second at the most, whatever has failed.
    staleSeconds: 0,
    upstreams: { acme: acmeAt({ url: service }) },
  });
  server.registerTool("who", { description: "Says for whom it is called." }, ({ person }) => ({
    content: [{ type: "text", text: person.id }],
  }));
  server.registerTool("act", { description: "Acts at another service." }, async ({ upstream }) => ({
    content: [{ type: "text", text: await upstream("acme").accessToken() }],
  }));
  const { port } = await server.listen();
  process.on("disconnect", () => process.exit());
  process.send?.({ port });
}

/** The time of day, that is: what counts the milliseconds since the start goes on as it does where somebody sets the clock. */
function keepWrongTime(aheadSeconds: number): void {
  let ahead = aheadSeconds;
  const systemTime = Date.now;
  Date.now = () => systemTime() + ahead * 1000;
  process.on("message", ({ clockAheadSeconds }: SetClock) => {
    ahead = clockAheadSeconds;
  });
}

await main();
