import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { SERVICE_CLIENT, type ServiceDouble, startService } from "../../../test/support/service-double.ts";
import { addSamplePerson, START, UPSTREAM_DISCONNECTED } from "../../../test/support/store/samples.ts";
import { openTestStore, type TestStore } from "../../../test/support/store/test-store.ts";
import { silentLog } from "../../platform/logging.ts";
import { createKeyring } from "../../platform/secrets/keyring.ts";
import { createRecorder } from "../recorder.ts";
import { oauthUpstream } from "./functions.ts";
import { createKeepAtSignIn } from "./keep-at-sign-in.ts";
import { createVault, type UpstreamVault } from "./vault.ts";

const PEER = { address: "203.0.113.7", correlationId: "abcdefghijkl" };
const OF_ADA = { personId: "ada", upstream: "acme" };
const clock = () => START;
const keyring = createKeyring(["a-secret-for-tests-with-32-characters"]);

let service: ServiceDouble;
let store: TestStore;
let vault: UpstreamVault;
beforeEach(async () => {
  service = await startService();
  store = await openTestStore({ database: ":memory:" });
  await addSamplePerson(store, "ada");
  vault = createVault({
    store,
    keyring,
    clock,
    log: silentLog,
    recorder: createRecorder({ store, clock, log: silentLog }),
    fetch: (url, init) => fetch(url, init),
    upstreams: { acme: oauthUpstream({ label: "Acme", issuer: service.url, ...SERVICE_CLIENT }) },
    connectUrl: async () => "https://mcp.example/account/connect/acme",
    isUpToDate: () => true,
  });
});
afterEach(async () => {
  await store.close();
  await service.close();
});

const tokensOf = (account: string) => ({
  ...service.give(account),
  expiresInSeconds: 3600,
  scopes: undefined,
});
const connect = (account: string) =>
  vault.keepTokens({ personId: "ada", name: "acme" }, { ...tokensOf(account), account }, PEER);
/** A sign-in with this account at the provider. */
const signIn = (account: string) =>
  createKeepAtSignIn({ vault, store, keyring, clock, log: silentLog })(
    "ada",
    { as: "acme", tokens: tokensOf(account) },
    account,
    PEER,
  );
const row = () => store.findUpstreamCredential("ada", "acme");

/** Happens right after the sign-in has read what is there. */
function meanwhile(happens: () => Promise<unknown>): void {
  const find = store.findUpstreamCredential;
  vi.spyOn(store, "findUpstreamCredential").mockImplementationOnce(async (...asked) => {
    const found = await find(...asked);
    await happens();
    return found;
  });
}

it("keeps the tokens of a sign-in where nothing is there", async () => {
  await signIn("private");
  expect(await row()).toMatchObject({ account: "private" });
});

it("does not replace the account that the person connects at that moment, where nothing was there", async () => {
  meanwhile(() => connect("work"));
  await signIn("private");
  expect(await row()).toMatchObject({ account: "work" });
});

it("nor in the place of what was dead", async () => {
  await connect("private");
  const { version = "" } = (await row()) ?? {};
  await store.endUpstreamCredential({ ...OF_ADA, version, now: START });
  meanwhile(() => connect("work"));
  await signIn("private");
  expect(await row()).toMatchObject({ account: "work", deadAt: null });
});

it("does not bring back what the person ends at that moment", async () => {
  await connect("private");
  const { version = "" } = (await row()) ?? {};
  await store.endUpstreamCredential({ ...OF_ADA, version, now: START });
  meanwhile(() => store.removeUpstreamCredential({ ...OF_ADA, now: START }, UPSTREAM_DISCONNECTED));
  await signIn("private");
  expect(await row()).toBeUndefined();
});
