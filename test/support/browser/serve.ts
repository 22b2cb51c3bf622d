import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { createOAuthServer } from "../../../src/index.ts";
import { silentLog } from "../../../src/platform/logging.ts";
import type { CreateOptions, SignIn } from "../../../src/server/create-oauth-server.ts";
import { testCertificate } from "../https-origin.ts";
import { freePort } from "../listening.ts";
import { openTestStore, type TestStore } from "../store/test-store.ts";
import { NETWORK_NAME } from "./launch.ts";

/** With TLS and a host name of its own, as servers on a network have it; or without both, for people at this computer. */
export type Kind = "network" | "loopback";

/** Where a server is going to be. */
export type Place = Required<Pick<CreateOptions, "port">> &
  Pick<CreateOptions, "tls"> & { readonly publicUrl: string };

/** A place that is free. */
export async function placeOn(kind: Kind): Promise<Place> {
  const port = await freePort();
  return kind === "network"
    ? { port, publicUrl: `https://${NETWORK_NAME}:${port}`, tls: testCertificate }
    : { port, publicUrl: `http://localhost:${port}` };
}

/** A server for browsers, until the test ends. @returns its store, opened a second time, and where its account page is */
export async function serveAt(
  place: Place,
  signIn: SignIn,
  options: CreateOptions = {},
): Promise<{ readonly store: TestStore; readonly account: string }> {
  const folder = await mkdtemp(join(tmpdir(), "gatehouse-browser-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const database = join(folder, "gatehouse.db");
  const own = { database, log: silentLog, handleSignals: false };
  const server = createOAuthServer("My app", signIn, { ...own, ...place, ...options });
  await server.listen();
  onTestFinished(() => server.close());
  const store = await openTestStore({ database });
  onTestFinished(() => store.close());
  return { store, account: `${place.publicUrl}/account` };
}
