import { describe, expect, test } from "vitest";
import { type ClientsRig, openClients } from "../../../test/clients-rig.ts";
import { isClientSecret } from "../../core/client.ts";
import { OAuthError } from "../../core/errors.ts";
import { register } from "./register.ts";

const peer = { address: "192.0.2.7", correlationId: "c0ffee" };
const cursor = {
  client_name: "Cursor",
  redirect_uris: [
    "cursor://anysphere.cursor-mcp/oauth/callback",
    "https://www.cursor.com/agents/mcp/oauth/callback",
    "http://localhost:8787/callback",
  ],
  token_endpoint_auth_method: "none",
  grant_types: ["authorization_code", "refresh_token"],
  response_types: ["code"],
};
const web = { client_name: "LibreChat", redirect_uris: ["https://chat.example/api/mcp/x/oauth/callback"] };

function post(body: unknown, type = "application/json"): Request {
  return new Request("https://gatehouse.example/oauth/register", {
    method: "POST",
    headers: { "Content-Type": type },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

async function registered(rig: Pick<ClientsRig, "clients" | "settings" | "clock" | "log">, body: unknown) {
  const response = await register(post(body), rig, peer);
  expect(response.status).toBe(201);
  expect(response.headers.get("cache-control")).toBe("no-store");
  return (await response.json()) as Record<string, unknown> & { client_id: string; client_secret: string };
}

async function refusal(rig: ClientsRig, request: Request): Promise<OAuthError> {
  const error = await register(request, rig, peer).catch((error: unknown) => error);
  if (error instanceof OAuthError) return error;
  throw new Error(`expected an OAuthError, got ${error}`);
}

describe("a public client", () => {
  test("is answered what it registered, with its id and when it got it, and without empty members", async () => {
    const rig = await openClients();
    const answer = await registered(rig, { ...cursor, scope: "mcp unheard-of", contacts: [], logo_uri: "" });
    expect(answer).toEqual({
      client_id: expect.stringMatching(/^dcr_[\w-]{43}$/),
      client_id_issued_at: Date.parse("2026-09-01T12:00:00Z") / 1000,
      ...cursor,
      scope: "mcp",
      application_type: "native",
    });
    expect(await rig.clients.find(answer.client_id)).toMatchObject({ name: "Cursor", origin: "registered" });
  });

  test("registering again gives the same id, in another order too, and one row in all", async () => {
    const rig = await openClients();
    const first = await registered(rig, cursor);
    const again = await registered(rig, { ...cursor, redirect_uris: [...cursor.redirect_uris].reverse() });
    expect(again.client_id).toBe(first.client_id);
    expect((await registered(rig.restarted(), cursor)).client_id).toBe(first.client_id);
    expect(await rig.store.listClients()).toHaveLength(1);
  });

  test("comes back under the same id after the database was lost", async () => {
    const [before, after] = [await openClients(), await openClients()];
    expect((await registered(after, cursor)).client_id).toBe((await registered(before, cursor)).client_id);
  });

  test("that was removed can register again at once", async () => {
    const rig = await openClients();
    const { client_id } = await registered(rig, cursor);
    await rig.store.removeClient(client_id, rig.clock());
    rig.clients.forget(client_id);
    expect(await rig.clients.find(client_id)).toBeUndefined();
    expect((await registered(rig, cursor)).client_id).toBe(client_id);
    expect(await rig.store.findClient(client_id)).toBeDefined();
  });
});

describe("a client that names no authentication method", () => {
  const loopback = ["http://localhost:8787/callback", "http://127.0.0.1/cb", "http://[::1]:1/cb"];
  test.each<[string, object]>([
    ["back to this computer", { redirect_uris: loopback }],
    [
      "back to this computer, though it says that it is a web app",
      { redirect_uris: loopback, application_type: "web" },
    ],
    ["back to an app", { redirect_uris: ["com.example.app:/cb"], application_type: "web" }],
    ["with an empty method", { redirect_uris: loopback, token_endpoint_auth_method: "" }],
    ["with null", { redirect_uris: loopback, token_endpoint_auth_method: null, application_type: "web" }],
    ["of an app that is native", { redirect_uris: web.redirect_uris, application_type: "native" }],
  ])("is public and gets no secret (RFC 8252 §8.4): %s", async (_what, metadata) => {
    const answer = await registered(await openClients(), metadata);
    expect(answer).toMatchObject({
      client_id: expect.stringMatching(/^dcr_/),
      token_endpoint_auth_method: "none",
    });
    expect(answer).not.toHaveProperty("client_secret");
  });

  test("gets a secret where it is a web app (RFC 7591 §2)", async () => {
    for (const metadata of [
      web,
      { ...cursor, application_type: "web", token_endpoint_auth_method: undefined },
    ]) {
      expect(await registered(await openClients(), metadata)).toMatchObject({
        token_endpoint_auth_method: "client_secret_basic",
        client_secret: expect.stringMatching(/./),
      });
    }
  });

  test("is what it asks for where it names one, wherever it leads", async () => {
    for (const method of ["client_secret_basic", "client_secret_post"]) {
      const metadata = { redirect_uris: loopback, token_endpoint_auth_method: method };
      expect(await registered(await openClients(), metadata)).toMatchObject({
        token_endpoint_auth_method: method,
        client_secret: expect.stringMatching(/./),
      });
    }
    const none = await registered(await openClients(), { ...web, token_endpoint_auth_method: "none" });
    expect(none).not.toHaveProperty("client_secret");
  });
});

describe("a confidential client", () => {
  test("gets a secret that is shown once and kept as a hash", async () => {
    const rig = await openClients();
    const answer = await registered(rig, web);
    expect(answer).toMatchObject({
      token_endpoint_auth_method: "client_secret_basic",
      client_secret_expires_at: 0,
    });
    expect(answer.client_secret).toMatch(/^[\w-]{43}$/);
    const kept = await rig.store.findClient(answer.client_id);
    expect(JSON.stringify(kept)).not.toContain(answer.client_secret);
    expect(isClientSecret(kept!, answer.client_secret)).toBe(true);
  });

  test("is another one each time: nobody gets the secret of somebody else", async () => {
    const rig = await openClients();
    const [one, other] = [await registered(rig, web), await registered(rig, web)];
    expect(one.client_id).not.toBe(other.client_id);
    expect(one.client_secret).not.toBe(other.client_secret);
  });

  test("with keys of its own needs no secret", async () => {
    const rig = await openClients();
    const jwks = {
      keys: [
        {
          kty: "EC",
          crv: "P-256",
          x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
          y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        },
      ],
    };
    const answer = await registered(rig, { ...web, token_endpoint_auth_method: "private_key_jwt", jwks });
    expect(answer).toMatchObject({ jwks });
    expect(answer).not.toHaveProperty("client_secret");
    expect(answer).not.toHaveProperty("client_secret_expires_at");
  });
});

describe("what is refused", () => {
  test.each<[string, () => Request, string]>([
    [
      "a form",
      () => post("redirect_uris=https://a.example", "application/x-www-form-urlencoded"),
      "invalid_request",
    ],
    ["JSON under another name", () => post(cursor, "text/plain"), "invalid_request"],
    ["a type that begins like JSON's", () => post(cursor, "application/json-seq"), "invalid_request"],
    ["a body over 64 KB", () => post({ ...cursor, x: "x".repeat(65_536) }), "invalid_request"],
    ["no JSON", () => post("{"), "invalid_client_metadata"],
    ["nothing", () => post(""), "invalid_client_metadata"],
    ["a list", () => post([cursor]), "invalid_client_metadata"],
    [
      "one bad address of several",
      () => post({ redirect_uris: ["https://a.example/", "data:x"] }),
      "invalid_redirect_uri",
    ],
    ["no address", () => post({ client_name: "x" }), "invalid_redirect_uri"],
  ])("%s", async (_what, request, code) => {
    const rig = await openClients();
    expect(await refusal(rig, request())).toMatchObject({ code, status: 400 });
    expect(await rig.store.listClients()).toEqual([]);
  });

  test.each<[string, unknown]>([
    ["an address with quotes", { redirect_uris: ['https://a.example/"\\é'] }],
    ["an address with a scheme of its own", { redirect_uris: ["cursor:x"] }],
    ["a text for a list", { redirect_uris: "https://a.example/" }],
    ["a number for an address", { redirect_uris: [1] }],
    ["too many addresses", { redirect_uris: Array.from({ length: 51 }, (_, i) => `https://a.example/${i}`) }],
    ["another method", { ...web, token_endpoint_auth_method: 'tls_"client"_auth…' }],
    ["a method that is no text", { ...web, token_endpoint_auth_method: {} }],
    ["other response types", { ...web, response_types: ["id_token"] }],
    ["grant types that are no list", { ...web, grant_types: "authorization_code" }],
    ["grant types without people", { ...web, grant_types: ["password"] }],
    [
      "keys that are none",
      { ...web, token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [{ x: {} }] } },
    ],
    ["no keys", { ...web, token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [] } }],
    ["a name that is no text", { ...web, client_name: ["x"] }],
  ])("%s, in a sentence that goes out as it is written (RFC 6749 §5.2)", async (_what, body) => {
    const { message, description } = await refusal(await openClients(), post(body));
    expect(description).toBe(message);
  });

  test("a body that does not declare its size is cut as well", async () => {
    const rig = await openClients();
    const endless = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(10_000).fill(32)),
    });
    const request = new Request("https://gatehouse.example/oauth/register", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: endless,
      duplex: "half",
    });
    expect(await refusal(rig, request)).toMatchObject({ code: "invalid_request" });
  });
});

describe("a flood", () => {
  const numbered = (number: number) => ({ ...cursor, client_name: `Client ${number}` });

  test("of new clients is told to come back, and known ones still pass", async () => {
    const rig = await openClients({ newRegistrationsPerMinute: 20 });
    for (let number = 0; number < 20; number += 1) await registered(rig, numbered(number));
    const error = await refusal(rig, post(numbered(20)));
    expect(error).toMatchObject({ code: "slow_down", status: 429, retryAfterSeconds: 60 });
    await registered(rig, numbered(7));
    // Known by the database only.
    const restarted = rig.restarted();
    for (let number = 0; number < 40; number += 1) await registered(restarted, numbered(number % 20));
    expect(await rig.store.listClients()).toHaveLength(20);
    // They took no room there.
    await registered(restarted, numbered(21));
    rig.pass(60_000);
    await registered(rig, numbered(20));
  });

  test("of confidential clients counts too", async () => {
    const rig = await openClients({ newRegistrationsPerMinute: 2 });
    await registered(rig, web);
    await registered(rig, web);
    expect(await refusal(rig, post(web))).toMatchObject({ code: "slow_down" });
  });

  test("of one and the same is one row, no refusal, and no write after the first", async () => {
    const rig = await openClients({ newRegistrationsPerMinute: 2 });
    await Promise.all(Array.from({ length: 100 }, () => registered(rig, cursor)));
    expect(await rig.store.listClients()).toHaveLength(1);
    await rig.store.close();
    await registered(rig, cursor);
  });

  test("of 400 in a minute from one address passes", async () => {
    const rig = await openClients();
    await Promise.all(Array.from({ length: 400 }, (_, number) => registered(rig, numbered(number))));
    expect(await rig.store.listClients()).toHaveLength(400);
  });
});

test("one line in the log for each, with where it leads and never the secret", async () => {
  const rig = await openClients();
  const { client_id } = await registered(rig, cursor);
  await registered(rig, cursor);
  const { client_secret } = await registered(rig, web);
  expect(rig.events[0]).toEqual({
    name: "client.registered",
    client: client_id,
    client_name: "Cursor",
    method: "none",
    redirect_hosts: ["anysphere.cursor-mcp", "www.cursor.com", "localhost:8787"],
    new: true,
    address: "192.0.2.7",
  });
  expect(rig.events[1]).toMatchObject({ client: client_id, new: false });
  expect(JSON.stringify(rig.events)).not.toContain(client_secret);
});
