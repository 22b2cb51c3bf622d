import { readFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { allowPrivateAddresses, type SafeFetchOptions } from "../src/platform/safe-fetch.ts";

const read = (name: string): string =>
  readFileSync(new URL(`fixtures/tls/${name}.pem`, import.meta.url), "utf8");
export const testCertificate = { key: read("key"), cert: read("cert") };

/** What makes `safeFetch` reach an origin of {@link startOrigin}: its certificate, and its names on this computer. */
export const reachesThisComputer = {
  ca: testCertificate.cert,
  resolve: async () => ["127.0.0.1"],
  [allowPrivateAddresses]: true,
} satisfies Partial<SafeFetchOptions>;

/** A real TLS server on a free port, known as `https://client.example:<port>`. */
export type Origin = {
  readonly url: string;
  /** Paths that were asked for, in order. */
  readonly asked: readonly string[];
  answer(listener: RequestListener): void;
  close(): Promise<void>;
};

export async function startOrigin(): Promise<Origin> {
  const asked: string[] = [];
  let listener: RequestListener = (_request, response) => response.writeHead(404).end();
  const server = createServer(testCertificate, (request, response) => {
    asked.push(request.url ?? "");
    listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `https://client.example:${(server.address() as AddressInfo).port}`,
    asked,
    answer(next) {
      listener = next;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
