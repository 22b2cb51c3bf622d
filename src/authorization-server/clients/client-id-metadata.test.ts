import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Origin, startOrigin } from "../../../test/support/https-origin.ts";
import { type ClientsRig, openClients } from "../../../test/support/known-clients.ts";
import { REMOVED } from "../../../test/support/store/samples.ts";
import { OAuthError } from "../../core/errors.ts";
import { safeFetch } from "../../platform/safe-fetch.ts";
import type { FetchDocument } from "./client-keys.ts";
import { createClients } from "./clients.ts";

let origin: Origin;
beforeAll(async () => {
  origin = await startOrigin();
});
afterAll(() => origin.close());
afterEach(() => serve({}, 404));

/** Claude Code's document: loopback without a port, no application_type. */
const claudeCode = (id: string) => ({
  client_id: id,
  client_name: "Claude Code",
  client_uri: "https://claude.ai",
  redirect_uris: ["http://localhost/callback", "http://127.0.0.1/callback"],
  grant_types: ["authorization_code", "refresh_token"],
  response_types: ["code"],
  token_endpoint_auth_method: "none",
});

let count = 0;
/** An address that nobody asked for before: what one test does is not in the way of another. */
function freshId(): string {
  count += 1;
  return `${origin.url}/oauth/client-${count}`;
}

function serve(document: unknown, status = 200, headers: Record<string, string> = {}): void {
  origin.answer((_request, response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(typeof document === "string" ? document : JSON.stringify(document));
  });
}

const fetches = (id: string): number => origin.asked.filter((path) => path === new URL(id).pathname).length;

async function refusal(answer: Promise<unknown>): Promise<OAuthError> {
  const error = await answer.catch((error: unknown) => error);
  if (error instanceof OAuthError) return error;
  throw new Error(`expected an OAuthError, got ${error}`);
}

async function found(rig: Pick<ClientsRig, "clients">, id: string) {
  const client = await rig.clients.find(id);
  if (!client) throw new Error("the client was not found");
  return client;
}

const minutes = (number: number): number => number * 60_000;
const hours = (number: number): number => number * 3_600_000;

describe("a good document", () => {
  test("makes a public client under its own address", async () => {
    const rig = await openClients();
    const id = freshId();
    serve(claudeCode(id));
    expect(await found(rig, id)).toMatchObject({
      id,
      origin: "metadata_document",
      name: "Claude Code",
      authenticationMethod: "none",
      applicationType: "native",
      secretHash: null,
      redirectUris: ["http://localhost/callback", "http://127.0.0.1/callback"],
    });
  });

  test("without a method means none, whatever the application type is", async () => {
    const rig = await openClients();
    const id = freshId();
    serve({ client_id: id, client_name: "Web", redirect_uris: ["https://a.example/cb"] });
    expect((await found(rig, id)).authenticationMethod).toBe("none");
  });

  test("is fetched once for many requests at once", async () => {
    const rig = await openClients();
    const id = freshId();
    serve(claudeCode(id));
    await Promise.all(Array.from({ length: 50 }, () => found(rig, id)));
    expect(fetches(id)).toBe(1);
  });

  test.each<[string, Record<string, string>, number]>([
    ["an hour unless it says", {}, hours(1)],
    ["as long as max-age says", { "cache-control": "public, max-age=7200" }, hours(2)],
    ["less what it aged on the way", { "cache-control": "max-age=7200", age: "3600" }, hours(1)],
    ["five minutes at least", { "cache-control": "max-age=1" }, minutes(5)],
    ["five minutes where it would not be kept at all", { "cache-control": "no-store" }, minutes(5)],
    ["a day at most", { "cache-control": "max-age=99999999" }, hours(24)],
    ["until it expires", { expires: "Tue, 01 Sep 2026 14:00:00 GMT" }, hours(2)],
    ["by max-age rather than Expires", { "cache-control": "max-age=7200", expires: "0" }, hours(2)],
  ])("is used without asking again: %s", async (_what, headers, lasts) => {
    const rig = await openClients();
    const id = freshId();
    serve(claudeCode(id), 200, headers);
    await found(rig, id);
    rig.pass(lasts - 1);
    await found(rig, id);
    expect(fetches(id)).toBe(1);
    rig.pass(1);
    serve({ ...claudeCode(id), client_name: "Renamed" });
    expect((await found(rig, id)).name).toBe("Renamed");
    expect(fetches(id)).toBe(2);
  });
});

describe("an id that is a URL (draft 00 §3)", () => {
  test.each([
    "http://client.example/c",
    "https://client.example",
    "https://client.example/",
    "https://client.example/?x=1",
    "https://client.example/c#f",
    "https://client.example/c#",
    "https://user@client.example/c",
    "https://user:pass@client.example/c",
    "https://@client.example/c",
    "https://client.example/./c",
    "https://client.example/a/../c",
    "https://client.example/%2e/c",
    "https://client.example/a/%2E%2e/c",
    "https://client.example/a/.%2e",
    "https://client.example/a/..",
    "https://CLIENT.example/c",
    "HTTPS://client.example/c",
    "https://client.example:443/c",
    "https:client.example/c",
    "https:/client.example/c",
    "https:\\\\client.example\\c",
    "https://client.example\\@evil.example/c",
    "https://client.example/c d",
    "https://client.example/c\n",
    "https://client.example/\tc",
    " https://client.example/c",
    "https://clïent.example/c",
    `https://client.example/${"x".repeat(1024)}`,
  ])("is refused without a fetch: %j", async (id) => {
    const rig = await openClients();
    const before = origin.asked.length;
    const answer = await rig.clients.find(id).catch((error: unknown) => error);
    // One that does not even begin like a URL is simply unknown.
    if (answer !== undefined) expect(answer).toMatchObject({ code: "invalid_client" });
    expect(origin.asked.length).toBe(before);
  });
});

describe("a document that cannot be used", () => {
  const withId = (members: object) => (id: string) => ({ ...claudeCode(id), ...members });
  test.each<[string, (id: string) => unknown]>([
    ["is another's", (id) => claudeCode(`${id}x`)],
    ["is at its address with a slash more", (id) => claudeCode(`${id}/`)],
    ["has no client_id", withId({ client_id: undefined })],
    ["has no client_name", withId({ client_name: undefined })],
    ["has an empty client_name", withId({ client_name: "" })],
    ["has a client_name that shows nothing", withId({ client_name: "\u200B\u202E" })],
    ["has no redirect_uris", withId({ redirect_uris: undefined })],
    ["has a bad redirect URI", withId({ redirect_uris: ["https://a.example/cb", "javascript:alert(1)"] })],
    ["has a secret", withId({ client_secret: "everybody reads this" })],
    ["has an expiry of a secret", withId({ client_secret_expires_at: 0 })],
    ["wants client_secret_basic", withId({ token_endpoint_auth_method: "client_secret_basic" })],
    ["wants client_secret_post", withId({ token_endpoint_auth_method: "client_secret_post" })],
    ["wants client_secret_jwt", withId({ token_endpoint_auth_method: "client_secret_jwt" })],
    ["is larger than 5 KB", withId({ padding: "x".repeat(5 * 1024) })],
    ["is a list", (id) => [claudeCode(id)]],
    ["is no JSON", () => "{"],
  ])("%s", async (_what, document) => {
    const rig = await openClients();
    const id = freshId();
    serve(document(id));
    const error = await refusal(rig.clients.find(id));
    expect(error).toMatchObject({ code: "invalid_client" });
    expect(error.message).toContain(id);
  });

  test.each<[string, number, Record<string, string>]>([
    ["is not there", 404, {}],
    ["redirects", 302, { location: "/elsewhere" }],
    ["is HTML", 200, { "content-type": "text/html" }],
  ])("%s", async (_what, status, headers) => {
    const rig = await openClients();
    const id = freshId();
    serve(claudeCode(id), status, headers);
    expect(await refusal(rig.clients.find(id))).toMatchObject({ code: "invalid_client" });
    expect(origin.asked).not.toContain("/elsewhere");
  });

  test("is not asked for again for a minute, and then is", async () => {
    const rig = await openClients();
    const id = freshId();
    serve(claudeCode(`${id}x`));
    for (let i = 0; i < 20; i += 1) await refusal(rig.clients.find(id));
    expect(fetches(id)).toBe(1);
    serve(claudeCode(id));
    rig.pass(minutes(1));
    expect((await found(rig, id)).id).toBe(id);
  });
});

describe("while the origin is down", () => {
  test("a client that nobody knows yet is told to come back, and the origin is left alone", async () => {
    const rig = await openClients();
    const id = freshId();
    serve("", 503);
    for (let i = 0; i < 20; i += 1) {
      expect(await refusal(rig.clients.find(id))).toMatchObject({
        code: "temporarily_unavailable",
        retryAfterSeconds: 60,
      });
    }
    expect(fetches(id)).toBe(1);
  });

  test.each<[string, () => void]>([
    ["an error", () => serve("", 500)],
    ["a maintenance page", () => serve("<html>", 200, { "content-type": "text/html" })],
    ["a broken connection", () => origin.answer((request) => request.socket.destroy())],
  ])("the last good copy serves for a week: %s", async (_what, fail) => {
    const rig = await openClients();
    const id = freshId();
    serve(claudeCode(id));
    await found(rig, id);
    fail();
    rig.pass(hours(2));
    const before = fetches(id);
    for (let i = 0; i < 20; i += 1) expect((await found(rig, id)).name).toBe("Claude Code");
    expect(fetches(id)).toBe(before + 1);
    rig.pass(hours(24 * 7 - 3));
    await found(rig, id);
    rig.pass(hours(2));
    expect(await refusal(rig.clients.find(id))).toHaveProperty("code");
  });

  test("a document that was taken back, or became another's, is not served from the copy", async () => {
    const rig = await openClients();
    for (const change of [(_id: string) => serve("", 410), (id: string) => serve(claudeCode(`${id}x`))]) {
      const id = freshId();
      serve(claudeCode(id));
      await found(rig, id);
      rig.pass(hours(2));
      change(id);
      expect(await refusal(rig.clients.find(id))).toMatchObject({ code: "invalid_client" });
    }
  });
});

describe("what is written", () => {
  test("nothing, until a person approved; then the document outlives the process", async () => {
    const rig = await openClients();
    const id = freshId();
    serve(claudeCode(id));
    await found(rig, id);
    expect(await rig.store.findDocument(id)).toBeUndefined();
    await rig.clients.keep(id);
    expect(await rig.store.findDocument(id)).toMatchObject({ clientId: id, client: { name: "Claude Code" } });
    serve("", 503);
    expect((await found(rig.restarted(), id)).name).toBe("Claude Code");
    rig.pass(hours(2));
    expect((await found(rig.restarted(), id)).name).toBe("Claude Code");
  });

  test("a kept document is brought up to date when it is fetched again", async () => {
    const rig = await openClients();
    const id = freshId();
    serve(claudeCode(id));
    await found(rig, id);
    await rig.clients.keep(id);
    rig.pass(hours(2));
    serve({ ...claudeCode(id), client_name: "Renamed" });
    await found(rig.restarted(), id);
    expect((await rig.store.findDocument(id))?.client.name).toBe("Renamed");
  });

  test("a kept document that an operator removed is asked for again at its origin", async () => {
    const rig = await openClients();
    for (const invalidate of [
      (id: string) => rig.clients.invalidate(id),
      () => rig.clients.invalidateAll(),
    ]) {
      const id = freshId();
      serve(claudeCode(id));
      await found(rig, id);
      await rig.clients.keep(id);
      await rig.store.removeClient(id, rig.clock(), REMOVED);
      invalidate(id);
      serve({}, 404);
      expect(await refusal(rig.clients.find(id))).toMatchObject({ code: "invalid_client" });
    }
  });

  test("keeping what is no document, or is not known, writes nothing", async () => {
    const rig = await openClients();
    const id = freshId();
    await rig.clients.keep(id);
    await rig.clients.keep("dcr_x");
    expect(await rig.store.findDocument(id)).toBeUndefined();
  });
});

describe("strangers with slow hosts", () => {
  /** Hosts that do not answer until they are let. */
  function slowHosts() {
    const asked: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const fetchDocument: FetchDocument = async (url) => {
      asked.push(url);
      await promise;
      return { text: JSON.stringify(claudeCode(url)), headers: new Headers() };
    };
    return { asked, fetchDocument, answer: resolve };
  }
  const documentOf = (host: string, number = 0) => `https://${host}/oauth/client-${number}`;
  const busy = { code: "temporarily_unavailable", retryAfterSeconds: 5 };

  test("have four fetches for each host at once; the rest are told to come back, and do", async () => {
    const rig = await openClients();
    const { asked, fetchDocument, answer } = slowHosts();
    const clients = createClients({ ...rig, fetchDocument });
    const ids = [0, 1, 2, 3, 4].map((number) => documentOf("slow.example", number));
    const answers = ids.map((id) => clients.find(id));
    expect(await refusal(answers[4]!)).toMatchObject(busy);
    answer();
    expect(await Promise.all(answers.slice(0, 4))).toHaveLength(4);
    expect(asked).toHaveLength(4);
    expect((await found({ clients }, ids[4]!)).id).toBe(ids[4]);
  });

  test("have eight from one network, and half of them together: the rest are kept for clients that we know", async () => {
    const rig = await openClients();
    const known = documentOf("known.example");
    const before = slowHosts();
    before.answer();
    const knowing = createClients({ ...rig, fetchDocument: before.fetchDocument });
    await knowing.find(known);
    await knowing.keep(known);
    rig.pass(hours(2));

    const { asked, fetchDocument, answer } = slowHosts();
    const clients = createClients({ ...rig, fetchDocument });
    const find = (host: number, askedBy: string) => clients.find(documentOf(`slow-${host}.example`), askedBy);
    const fromOne = Array.from({ length: 9 }, (_, host) => find(host, "203.0.113.7"));
    expect(await refusal(fromOne[8]!)).toMatchObject(busy);
    const others = Array.from({ length: 25 }, (_, index) => find(100 + index, `198.51.100.${index}`));
    expect(await refusal(others[24]!)).toMatchObject(busy);
    expect(asked).toHaveLength(32);

    const wanted = [known, documentOf("claude.ai"), documentOf("vscode.dev")];
    const found = wanted.map((id) => clients.find(id, "203.0.113.8"));
    await expect.poll(() => asked.slice(32).sort()).toEqual(wanted.sort());
    answer();
    await Promise.all([...found, ...fromOne.slice(0, 8), ...others.slice(0, 24)]);
  });

  test("do not hold up a client whose own host is slow: its last good copy serves", async () => {
    const rig = await openClients();
    const id = documentOf("slow.example");
    const before = slowHosts();
    before.answer();
    const knowing = createClients({ ...rig, fetchDocument: before.fetchDocument });
    await knowing.find(id);
    await knowing.keep(id);
    rig.pass(hours(2));
    const { asked, fetchDocument, answer } = slowHosts();
    const clients = createClients({ ...rig, fetchDocument });
    const strangers = [1, 2, 3, 4].map((number) => clients.find(documentOf("slow.example", number)));
    await expect.poll(() => asked).toHaveLength(4);
    expect((await found({ clients }, id)).name).toBe("Claude Code");
    answer();
    await Promise.all(strangers);
  });
});

test("by itself it reaches no private address: what makes it do so here is in this test alone", async () => {
  const rig = await openClients();
  const { fetchDocument: _onlyForTests, ...deps } = rig;
  const clients = createClients(deps);
  const before = origin.asked.length;
  const url = origin.url.replace("client.example", "127.0.0.1");
  const { code, detail } = await refusal(clients.find(`${url}/oauth/client`));
  expect(code).toBe("temporarily_unavailable");
  expect(detail).toContain("not a public address");
  expect(origin.asked.length).toBe(before);
});

describe("a host that leads inside of our network", () => {
  const withNames = (rig: ClientsRig, resolve: () => Promise<readonly string[]>) =>
    createClients({
      ...rig,
      fetchDocument: (url, limits) => safeFetch(url, { ...limits, resolve }),
    });
  const inside = async () => ["10.1.2.3"];
  const nowhere = async () => [];

  test("is refused as one that leads nowhere; the operator's log tells them apart", async () => {
    const rig = await openClients();
    const [{ detail, ...one }, { detail: otherDetail, ...other }] = (await Promise.all(
      [inside, nowhere].map((resolve) =>
        refusal(withNames(rig, resolve).find("https://database.example/client")),
      ),
    )) as [OAuthError, OAuthError];
    expect(one).toEqual(other);
    expect(one).toMatchObject({ code: "temporarily_unavailable", retryAfterSeconds: 60 });
    expect(detail).toContain("10.1.2.3");
    expect(otherDetail).toContain("the name has no address");
  });

  test("is an outage as well, during which the last good copy serves", async () => {
    const rig = await openClients();
    const id = freshId();
    serve(claudeCode(id));
    await found(rig, id);
    await rig.clients.keep(id);
    rig.pass(hours(2));
    for (const resolve of [inside, nowhere]) {
      expect((await found({ clients: withNames(rig, resolve) }, id)).name).toBe("Claude Code");
    }
  });
});
