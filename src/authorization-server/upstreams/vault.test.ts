import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SERVICE_CLIENT, type ServiceDouble, startService } from "../../../test/support/service-double.ts";
import {
  addSamplePerson,
  PERSON_DISABLED,
  SIGNED_OUT,
  START,
  UPSTREAM_DISCONNECTED,
} from "../../../test/support/store/samples.ts";
import { openTestStore, type TestStore } from "../../../test/support/store/test-store.ts";
import type { Upstream } from "../../config/upstreams/settings.ts";
import { OAuthError } from "../../core/errors.ts";
import { UpstreamNotConnected } from "../../core/upstream.ts";
import type { Log } from "../../platform/logging.ts";
import { createKeyring } from "../../platform/secrets/keyring.ts";
import { createRecorder } from "../recorder.ts";
import { keyUpstream, oauthUpstream } from "./functions.ts";
import { createVault, type UpstreamVault } from "./vault.ts";

const PEER = { address: "203.0.113.7", correlationId: "abcdefghijkl" };
const KEYRING = createKeyring(["a-secret-for-tests-with-32-characters"]);
const HOUR = 60 * 60 * 1000;

let service: ServiceDouble;
let store: TestStore;
let now: number;
let isUpToDate: boolean;
let lines: { readonly name: string; readonly fields: unknown }[];
let vault: UpstreamVault;

beforeEach(async () => {
  service = await startService();
  store = await openTestStore({ database: ":memory:" });
  for (const id of ["ada", "grace"]) await addSamplePerson(store, id);
  now = START + HOUR;
  isUpToDate = true;
  lines = [];
  vault = openVault();
});
afterEach(async () => {
  await store.close();
  await service.close();
});

function openVault(changes: Readonly<Record<string, Upstream>> = {}, keyring = KEYRING): UpstreamVault {
  const log: Log = {
    event: (name, fields) => lines.push({ name, fields }),
    error: (name, fields) => lines.push({ name, fields }),
    info: (name, fields) => lines.push({ name, fields }),
    debug: (name, fields) => lines.push({ name, fields }),
  };
  const clock = () => now;
  return createVault({
    store,
    keyring,
    clock,
    log,
    recorder: createRecorder({ store, clock, log }),
    fetch: (url, init) => fetch(url, init),
    upstreams: {
      acme: oauthUpstream({ label: "Acme", issuer: service.url, scopes: ["read"], ...SERVICE_CLIENT }),
      jira: keyUpstream({ label: "Jira" }),
      ...changes,
    },
    connectUrl: async (personId, name) => `https://mcp.example/account/connect/${name}?ticket=of-${personId}`,
    isUpToDate: () => isUpToDate,
  });
}

async function connect(personId = "ada", expiresIn: number | null = 3600) {
  const given = service.give(`${personId}-there`);
  const tokens = {
    ...given,
    expiresInSeconds: expiresIn ?? undefined,
    scopes: undefined,
    account: `${personId}-there`,
  };
  expect(await vault.keepTokens({ personId, name: "acme" }, tokens, PEER)).toBe(true);
  return given;
}
const token = (personId = "ada", refused?: string, from = vault) =>
  from.access(personId, "acme").accessToken({ refused });
const failure = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    (value) => value,
    (error: unknown) => error,
  );
const row = (personId = "ada", name = "acme") => store.findUpstreamCredential(personId, name);
const events = (name: string) => lines.filter((line) => line.name === name).map(({ fields }) => fields);

describe("an access token", () => {
  it("is the one that was given, of this person alone", async () => {
    const given = await connect();
    const others = await connect("grace");
    expect(await token()).toBe(given.accessToken);
    expect(await token("grace")).toBe(others.accessToken);
    expect(await row()).toMatchObject({ kind: "token", scopes: ["read"], account: "ada-there", usedAt: now });
    expect(service.requests).toEqual([]);
  });

  it("comes from memory, which outlives neither ten minutes nor what this process has not heard of", async () => {
    await connect();
    const first = await token();
    const find = vi.spyOn(store, "findUpstreamCredential");
    const reads = () => find.mock.calls.length;
    vault = openVault();
    expect(await token()).toBe(first);
    expect(await token()).toBe(first);
    expect(reads()).toBe(1);
    isUpToDate = false;
    await token();
    expect(reads()).toBe(2);
    isUpToDate = true;
    now += 11 * 60 * 1000;
    await token();
    expect(reads()).toBe(3);
  });

  it("is sealed where it is kept, for its service and no other", async () => {
    const { accessToken, refreshToken } = await connect();
    await vault.keepKey({ personId: "ada", name: "jira" }, "jira-key-123456", PEER);
    for (const secret of [accessToken, refreshToken]) expect((await row())?.sealed).not.toContain(secret);
    expect((await row("ada", "jira"))?.sealed).not.toContain("jira-key-123456");
    const other = { label: "Other", scopes: [], ...SERVICE_CLIENT };
    // Another service has the name by now: what the first one gave must not be sent there.
    const elsewhere = openVault({ acme: oauthUpstream({ ...other, issuer: "https://other.example" }) });
    expect(await failure(token("ada", undefined, elsewhere))).toBeInstanceOf(UpstreamNotConnected);
    expect(await elsewhere.isConnected("ada", "acme")).toBe(false);
    // The row of one service, put in the place of another's.
    const { sealed = "" } = (await row("ada", "jira")) ?? {};
    const { sealed: before = "" } = (await row()) ?? {};
    await store.resealUpstreamCredential({ personId: "ada", upstream: "acme", before, sealed });
    expect(await failure(token("ada", undefined, openVault()))).toBeInstanceOf(UpstreamNotConnected);
  });

  it("is none where no secret opens it", async () => {
    await connect();
    const other = openVault({}, createKeyring(["another-secret-for-tests-of-32-letters"]));
    expect(await failure(token("ada", undefined, other))).toBeInstanceOf(UpstreamNotConnected);
    // An instance with a wrong secret spoils nothing.
    expect(await row()).toMatchObject({ deadAt: null });
  });

  it("is refreshed a minute before its end, and what that brought is kept before it is used", async () => {
    const given = await connect();
    now += 58 * 60 * 1000;
    expect(await token()).toBe(given.accessToken);
    now += 90_000;
    const kept = vi.spyOn(store, "replaceUpstreamTokens");
    const refreshed = await token();
    expect(refreshed).not.toBe(given.accessToken);
    expect(service.accountOf(refreshed)).toBe("ada-there");
    expect(kept).toHaveBeenCalledTimes(1);
    expect(await token("ada", undefined, openVault())).toBe(refreshed);
    expect(service.requests).toHaveLength(1);
    expect(await row()).toMatchObject({ refreshingUntil: null, expiresAt: now + HOUR, deadAt: null });
    expect(events("upstream.refreshed")).toEqual([{ person: "ada", upstream: "acme" }]);
  });

  it("goes on with its refresh token where the service gives no other", async () => {
    service.say({ rotates: false });
    const { refreshToken } = await connect();
    for (let round = 1; round <= 3; round += 1) {
      now += HOUR;
      expect(service.accountOf(await token())).toBe("ada-there");
      expect(service.requests.at(-1)?.get("refresh_token")).toBe(refreshToken);
      expect(service.requests).toHaveLength(round);
    }
  });

  it("that lives for seconds is refreshed at half of its life, and not again and again for one call", async () => {
    await connect("ada", 20);
    service.say({ expiresInSeconds: 1 });
    now += 9_000;
    await token();
    expect(service.requests).toHaveLength(0);
    now += 2_000;
    await token();
    expect(service.requests).toHaveLength(1);
  });

  it("without a refresh token is used to its end, and then the person has to connect again", async () => {
    const { accessToken } = service.give("ada-there");
    const tokens = { accessToken, refreshToken: undefined, expiresInSeconds: 600, scopes: [], account: "" };
    await vault.keepTokens({ personId: "ada", name: "acme" }, tokens, PEER);
    now += 590_000;
    expect(await token()).toBe(accessToken);
    now += 6_000;
    expect(await failure(token())).toBeInstanceOf(UpstreamNotConnected);
    expect(await row()).toMatchObject({ deadAt: now, sealed: "" });
    expect(events("upstream.failed")).toMatchObject([{ person: "ada", upstream: "acme", ended: true }]);
  });

  it("without a time is used until the service refuses it", async () => {
    const { accessToken } = await connect("ada", null);
    now += 1000 * HOUR;
    expect(await token()).toBe(accessToken);
    const another = await token("ada", accessToken);
    expect(another).not.toBe(accessToken);
    expect(await token("ada", accessToken)).toBe(another);
    expect(service.requests).toHaveLength(1);
  });

  it("that the service refuses although it was just given is an outage, and no reason to ask on", async () => {
    service.say({ repeats: true });
    await connect();
    const first = await token("ada", await token());
    expect(await failure(token("ada", first))).toMatchObject({ code: "temporarily_unavailable" });
    expect(service.requests).toHaveLength(2);
    expect(await row()).toMatchObject({ deadAt: null });
  });
});

describe("where there is none", () => {
  it("the tool is told where the person connects, in an error that may be logged", async () => {
    const error = await failure(token());
    expect(error).toBeInstanceOf(UpstreamNotConnected);
    expect(error).toMatchObject({
      upstream: "acme",
      label: "Acme",
      isKey: false,
      connectUrl: "https://mcp.example/account/connect/acme?ticket=of-ada",
    });
    const { inspect } = await import("node:util");
    const written = [inspect(error, { depth: 9, showHidden: true }), JSON.stringify(error), String(error)];
    for (const text of written) expect(text).not.toContain("ticket");
    expect(await vault.isConnected("ada", "acme")).toBe(false);
  });

  it("a name that the server does not have is a mistake of the tool", () => {
    expect(() => vault.access("ada", "acem")).toThrow(
      'The server has no upstream "acem". It has acme, jira: see the option upstreams.',
    );
    for (const name of ["constructor", "__proto__", ""])
      expect(() => vault.access("ada", name)).toThrow(name);
  });

  it("a token of a service with keys is a mistake too, and a key of one with accounts", async () => {
    expect(await failure(vault.access("ada", "jira").accessToken())).toMatchObject({
      message: 'The upstream "jira" has no access token. Call key().',
    });
    expect(await failure(vault.access("ada", "acme").key())).toMatchObject({
      message: 'The upstream "acme" has no key. Call accessToken().',
    });
  });
});

describe("a refresh that does not end well", () => {
  it("with invalid_grant ends this connection, and nothing else", async () => {
    const { accessToken, refreshToken } = await connect();
    await connect("grace");
    service.revoke("ada-there");
    now += HOUR;
    expect(await failure(token())).toBeInstanceOf(UpstreamNotConnected);
    expect(await row()).toMatchObject({ deadAt: now, sealed: "" });
    expect(await row("grace")).toMatchObject({ deadAt: null });
    // Asked once, and not by each call.
    expect(await failure(token())).toBeInstanceOf(UpstreamNotConnected);
    expect(service.requests).toHaveLength(1);
    expect(events("upstream.failed")).toEqual([
      {
        person: "ada",
        upstream: "acme",
        reason: 'the token endpoint answered 400 "invalid_grant"',
        ended: true,
      },
    ]);
    for (const secret of [accessToken, refreshToken]) expect(JSON.stringify(lines)).not.toContain(secret);
    expect(await vault.isConnected("ada", "acme")).toBe(false);
  });

  const TRY_AGAIN = "Acme can't be reached right now. Nothing has changed: try again in a moment.";
  const CONTACT = "The answer of Acme could not be used. Nothing has changed: contact the server's operator.";
  const OUTAGES = [
    ["500", { status: 500, body: {} }, TRY_AGAIN],
    ["429", { status: 429, body: {} }, TRY_AGAIN],
    ["503 with invalid_grant in it", { status: 503, body: { error: "invalid_grant" } }, TRY_AGAIN],
    ["temporarily_unavailable", { status: 400, body: { error: "temporarily_unavailable" } }, TRY_AGAIN],
    ["our client that it does not know", { status: 401, body: { error: "invalid_client" } }, CONTACT],
    ["what is no JSON object", { status: 200, body: "<html>" }, CONTACT],
    ["another page", { status: 302, body: {} }, CONTACT],
    ["a token that no header can carry", { status: 200, body: { access_token: "a\r\nb" } }, CONTACT],
    ["another kind of token", { status: 200, body: { access_token: "a", token_type: "mac" } }, CONTACT],
  ] as const;

  it.each(OUTAGES)("with %s changes nothing, and says what to do", async (_what, answer, message) => {
    const { refreshToken } = await connect();
    const before = await row();
    now += HOUR;
    service.say({ answer });
    const error = await failure(token());
    expect(error).toBeInstanceOf(OAuthError);
    expect(error).toMatchObject({ code: "temporarily_unavailable", status: 503, message });
    expect(await row()).toMatchObject({ ...before, usedAt: now, refreshingUntil: null });
    expect(events("upstream.failed")).toMatchObject([{ ended: false }]);
    expect(JSON.stringify(lines)).not.toContain(refreshToken);
    service.say({ answer: undefined });
    expect(service.accountOf(await token())).toBe("ada-there");
  });

  it("while the token is still good gives that one", async () => {
    const { accessToken } = await connect();
    now += HOUR - 30_000;
    service.say({ answer: { status: 500, body: {} } });
    for (let call = 0; call < 3; call += 1) expect(await token()).toBe(accessToken);
    // Not asked by each call.
    expect(service.requests).toHaveLength(1);
    service.say({ answer: undefined });
    now += 6000;
    expect(await token()).not.toBe(accessToken);
  });

  it("with a service that is gone is an outage", async () => {
    await connect();
    await token();
    now += HOUR;
    await service.close();
    expect(await failure(token())).toMatchObject({
      code: "temporarily_unavailable",
      message: "Acme can't be reached right now. Nothing has changed: try again in a moment.",
    });
    expect(await row()).toMatchObject({ deadAt: null, refreshingUntil: null });
  });

  it("whose answer is lost, from a service that takes a refresh token once, ends in the link", async () => {
    await connect();
    now += HOUR;
    service.say({ losesAnswers: true });
    expect(await failure(token())).toMatchObject({ code: "temporarily_unavailable" });
    service.say({ losesAnswers: false });
    expect(await failure(token())).toBeInstanceOf(UpstreamNotConnected);
  });
});

describe("many callers at once", () => {
  it("make one refresh, and all get what it brought", async () => {
    await connect();
    now += HOUR;
    const tokens = await Promise.all(Array.from({ length: 20 }, () => token()));
    expect(new Set(tokens).size).toBe(1);
    expect(service.requests).toHaveLength(1);
  });

  it("on two instances too: who does not have the lease waits", async () => {
    await connect();
    now += HOUR;
    const [a, b] = [openVault(), openVault()];
    const tokens = await Promise.all([a, b, a, b].map((from) => token("ada", undefined, from)));
    expect(new Set(tokens).size).toBe(1);
    expect(service.accountOf(tokens[0] ?? "")).toBe("ada-there");
    expect(service.requests).toHaveLength(1);
  });

  it("of different people wait for no one else", async () => {
    await connect();
    const grace = await connect("grace");
    now += HOUR;
    const held = Promise.withResolvers<void>();
    service.say({ held: held.promise });
    const waiting = token();
    await expect.poll(() => service.requests).toHaveLength(1);
    service.say({ held: undefined });
    expect(await token("grace")).not.toBe(grace.accessToken);
    held.resolve();
    expect(service.accountOf(await waiting)).toBe("ada-there");
  });

  it("go on where the one who had the lease died with it", async () => {
    service.say({ rotates: false });
    await connect();
    now += HOUR;
    const { version = "" } = (await row()) ?? {};
    const lease = { personId: "ada", upstream: "acme", version, until: now + 30_000, now };
    expect(await store.beginUpstreamRefresh(lease)).toBe(true);
    const waiting = token();
    await vi.waitFor(() => expect(store.findUpstreamCredential("ada", "acme")).resolves.toBeDefined());
    expect(service.requests).toHaveLength(0);
    now += 31_000;
    expect(service.accountOf(await waiting)).toBe("ada-there");
    expect(service.requests).toHaveLength(1);
  });
});

describe("what changes meanwhile", () => {
  /** A refresh that waits at the service. */
  async function refreshHeld() {
    const held = Promise.withResolvers<void>();
    service.say({ held: held.promise });
    now += HOUR;
    const waiting = failure(token());
    await expect.poll(() => service.requests).toHaveLength(1);
    service.say({ held: undefined });
    return { waiting, goOn: () => held.resolve() };
  }

  it("a disconnection is not undone by a refresh that was under way", async () => {
    await connect();
    const { waiting, goOn } = await refreshHeld();
    expect(await vault.remove({ personId: "ada", name: "acme" }, PEER)).toBe(true);
    goOn();
    expect(await waiting).toBeInstanceOf(UpstreamNotConnected);
    expect(await row()).toBeUndefined();
    expect(await failure(token())).toBeInstanceOf(UpstreamNotConnected);
  });

  it("another account that is connected stays, and callers get its token", async () => {
    await connect();
    const { waiting, goOn } = await refreshHeld();
    const other = await connect();
    goOn();
    expect(await waiting).toBe(other.accessToken);
    expect(await token()).toBe(other.accessToken);
  });

  it("a person who is disabled has nothing any more", async () => {
    await connect();
    const { waiting, goOn } = await refreshHeld();
    await store.disablePerson("ada", now, PERSON_DISABLED);
    goOn();
    expect(await waiting).toBeInstanceOf(UpstreamNotConnected);
    expect(await row()).toBeUndefined();
  });

  it("what a database that is away cannot keep is kept once it is back, before anyone uses it", async () => {
    await connect();
    now += HOUR;
    const { replaceUpstreamTokens } = store;
    let tries = 0;
    vi.spyOn(store, "replaceUpstreamTokens").mockImplementation(async (replaced) => {
      tries += 1;
      if (tries < 3) throw new OAuthError("temporarily_unavailable", "The database is away.");
      return replaceUpstreamTokens(replaced);
    });
    vault = openVault();
    const refreshed = await token();
    expect(tries).toBe(3);
    expect(service.requests).toHaveLength(1);
    expect(await token("ada", undefined, openVault())).toBe(refreshed);
  });

  it("a disconnection elsewhere is heard of, also by who reads at that moment", async () => {
    const given = await connect();
    const { findUpstreamCredential } = store;
    const held = Promise.withResolvers<void>();
    vi.spyOn(store, "findUpstreamCredential").mockImplementationOnce(async (...asked) => {
      const found = await findUpstreamCredential(...asked);
      await held.promise;
      return found;
    });
    vault = openVault();
    const reading = token();
    await store.removeUpstreamCredential({ personId: "ada", upstream: "acme", now }, UPSTREAM_DISCONNECTED);
    vault.personChanged("ada");
    held.resolve();
    // It was read before.
    expect(await reading).toBe(given.accessToken);
    expect(await failure(token())).toBeInstanceOf(UpstreamNotConnected);
  });
});

describe("keeping", () => {
  it("writes who connected what, and when it was asked for counts", async () => {
    await connect();
    await store.signOutPerson("ada", now, SIGNED_OUT);
    const tokens = { ...service.give("x"), expiresInSeconds: 60, scopes: [], account: "" };
    const asked = { personId: "ada", name: "acme", askedAt: now - 1 };
    expect(await vault.keepTokens(asked, tokens, PEER)).toBe(false);
    expect(await vault.keepKey({ ...asked, name: "jira" }, "a-key", PEER)).toBe(false);
    expect(await vault.keepKey({ personId: "nobody", name: "jira" }, "a-key", PEER)).toBe(false);
    expect(await vault.keepKey({ ...asked, name: "jira", askedAt: now + 1 }, "a-key", PEER)).toBe(true);
    const connection = { person: "ada", address: PEER.address, correlationId: PEER.correlationId };
    expect(events("upstream.connected")).toEqual([
      { ...connection, upstream: "acme", kind: "token" },
      { ...connection, upstream: "jira", kind: "key" },
    ]);
    expect((await vault.list("ada")).map(({ upstream, kind }) => [upstream, kind])).toEqual([
      ["acme", "token"],
      ["jira", "key"],
    ]);
  });

  it("ends what was there once, and nothing where there is nothing", async () => {
    await connect();
    const connection = { personId: "ada", name: "acme" };
    expect(await vault.remove({ ...connection, session: "over" }, PEER)).toBe(false);
    expect(await vault.remove(connection, PEER)).toBe(true);
    expect(await vault.remove(connection, PEER)).toBe(false);
    expect(events("upstream.disconnected")).toHaveLength(1);
  });
});

describe("a key", () => {
  const key = (refused?: string) => vault.access("ada", "jira").key({ refused });
  const store_ = (text: string) => vault.keepKey({ personId: "ada", name: "jira" }, text, PEER);

  it("is the one that the person stored last", async () => {
    expect(await failure(key())).toMatchObject({ isKey: true, label: "Jira" });
    await store_("first-key-123");
    expect(await key()).toBe("first-key-123");
    await store_("second-key-456");
    expect(await key()).toBe("second-key-456");
    expect(await failure(vault.access("grace", "jira").key())).toBeInstanceOf(UpstreamNotConnected);
  });

  it("that the service refuses has to be stored again; another one that is refused changes nothing", async () => {
    await store_("first-key-123");
    expect(await key("an-older-key")).toBe("first-key-123");
    expect(await failure(key("first-key-123"))).toBeInstanceOf(UpstreamNotConnected);
    expect(await row("ada", "jira")).toMatchObject({ deadAt: now, sealed: "" });
    // From memory too.
    expect(await failure(key())).toBeInstanceOf(UpstreamNotConnected);
    expect(JSON.stringify(lines)).not.toContain("first-key-123");
    await store_("second-key-456");
    expect(await key("first-key-123")).toBe("second-key-456");
  });
});
