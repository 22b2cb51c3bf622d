import { readFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { createServer } from "node:https";
import { join } from "node:path";
import { allowPrivateAddresses, type SafeFetchOptions } from "../../src/platform/safe-fetch.ts";
import { listening } from "./listening.ts";

export const CERTIFICATE_FILE = join(import.meta.dirname, "tls/cert.pem");
export const KEY_FILE = join(import.meta.dirname, "tls/key.pem");
export const testCertificate = {
  key: readFileSync(KEY_FILE, "utf8"),
  cert: readFileSync(CERTIFICATE_FILE, "utf8"),
};

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
  const port = await listening(server);
  return {
    url: `https://client.example:${port}`,
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
