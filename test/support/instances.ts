import type { OAuthServerOptions } from "../../src/config/options-schema.ts";
import { SECRET } from "./forge.ts";
import { startServer, type TestServer, type TestServerParts } from "./server.ts";

/** Two instances of one server on one database, and a balancer before them. */
export type Instances = {
  readonly a: TestServer;
  readonly b: TestServer;
  /** Sends each request to the other one than the last. */
  readonly balanced: Pick<TestServer, "fetch">;
  /** How many requests each one got. */
  readonly served: { a: number; b: number };
  close(): Promise<void>;
};

/** @param database one that several processes can use: `postgres://…` */
export async function startInstances(
  database: string,
  options: OAuthServerOptions = {},
  parts: TestServerParts = {},
): Promise<Instances> {
  const [a, b] = await Promise.all(
    [1, 2].map(() => startServer({ database, secret: SECRET, ...options }, parts)) as [
      Promise<TestServer>,
      Promise<TestServer>,
    ],
  );
  const served = { a: 0, b: 0 };
  const balanced: Pick<TestServer, "fetch"> = {
    fetch(request, connection) {
      const next = served.a > served.b ? "b" : "a";
      served[next] += 1;
      return (next === "a" ? a : b).fetch(request, connection);
    },
  };
  return {
    a,
    b,
    balanced,
    served,
    async close() {
      for (const server of [a, b]) {
        await server.drain();
        await server.close();
      }
    },
  };
}
