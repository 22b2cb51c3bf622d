import { describe, expect, test } from "vitest";
import { type ClientsRig, openClients } from "../../../test/support/known-clients.ts";
import { APPROVED, addSamplePerson, REMOVED, sampleApproval } from "../../../test/support/store/samples.ts";
import { isClientSecret } from "../../core/client.ts";
import { OAuthError } from "../../core/errors.ts";
import { type RegisterParts, register } from "./register.ts";

const peer = { address: "192.0.2.7", correlationId: "c0ffee" };
/** Several strangers' registrations, from a network each. */
const from = (address: string | undefined) => ({ ...peer, address });
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

async function registered(rig: RegisterParts, body: unknown, by = peer as ReturnType<typeof from>) {
  const response = await register(post(body), by, rig);
  expect(response.status).toBe(201);
  expect(response.headers.get("cache-control")).toBe("no-store");
  return (await response.json()) as Record<string, unknown> & { client_id: string; client_secret: string };
}

async function refusal(
  rig: ClientsRig,
  request: Request,
  by = peer as ReturnType<typeof from>,
): Promise<OAuthError> {
  const error = await register(request, by, rig).catch((error: unknown) => error);
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
    await rig.store.removeClient(client_id, rig.clock(), REMOVED);
    rig.clients.invalidate(client_id);
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
    ["a body over 16 KB", () => post({ ...cursor, x: "x".repeat(16 * 1024) }), "invalid_request"],
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

describe("what is kept of a registration", () => {
  const uris = (characters: number) => [`https://a.example/${"x".repeat(characters)}`];
  const large = (bytes: number) => ({
    ...web,
    redirect_uris: [1800, 900, bytes - 2700].flatMap((characters) => uris(characters)),
  });
  const key = {
    kty: "EC",
    crv: "P-256",
    x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
  };

  test("is 4 KB at the most, in bytes; what is not kept does not count", async () => {
    const rig = await openClients();
    await registered(rig, { ...large(3600), unheard_of: "x".repeat(8000) });
    const { message, code, status } = await refusal(rig, post(large(4000)));
    expect({ code, status }).toEqual({ code: "invalid_client_metadata", status: 400 });
    expect(message).toMatch(
      /^The registration has 4\d{3} bytes; it may have 4096. The largest member is redirect_uris, with 4\d{3} bytes\.$/,
    );
    expect(await rig.store.listClients()).toHaveLength(1);
  });

  test.each<[string, object]>([
    [
      "redirect_uris",
      { redirect_uris: Array.from({ length: 50 }, (_, i) => `https://a.example/${i}${"x".repeat(200)}`) },
    ],
    [
      "jwks",
      {
        jwks: { keys: [{ ...key, x5c: ["x".repeat(5000)] }] },
        token_endpoint_auth_method: "private_key_jwt",
      },
    ],
    [
      "jwks_uri",
      {
        jwks_uri: `https://a.example/${"x".repeat(2000)}`,
        token_endpoint_auth_method: "private_key_jwt",
        client_uri: `https://a.example/${"x".repeat(1900)}`,
        logo_uri: `https://a.example/${"x".repeat(1900)}`,
      },
    ],
    [
      "client_uri",
      {
        client_uri: `https://a.example/${"x".repeat(2000)}`,
        logo_uri: `https://a.example/${"x".repeat(1900)}`,
        redirect_uris: uris(1000),
      },
    ],
    [
      "logo_uri",
      {
        logo_uri: `https://a.example/${"x".repeat(2000)}`,
        client_uri: `https://a.example/${"x".repeat(1900)}`,
        redirect_uris: uris(1000),
      },
    ],
  ])("where it is more, the largest member is named: %s", async (member, more) => {
    const rig = await openClients();
    const { message, code } = await refusal(rig, post({ ...web, ...more }));
    expect(code).toBe("invalid_client_metadata");
    expect(message).toContain(`The largest member is ${member}, with `);
    expect(await rig.store.listClients()).toEqual([]);
  });
});

describe("a flood", () => {
  const numbered = (number: number) => ({ ...cursor, client_name: `Client ${number}` });

  test("of new clients is told to come back, and known ones still pass", async () => {
    const rig = await openClients({ newRegistrationsPerMinute: 20 });
    const proxy = from("10.0.0.1");
    for (let number = 0; number < 20; number += 1) await registered(rig, numbered(number), proxy);
    const error = await refusal(rig, post(numbered(20)), proxy);
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

describe("a flood from one network", () => {
  const numbered = (number: number) => ({ ...cursor, client_name: `Client ${number}` });
  /** How many of so many new ones are taken. */
  async function taken(rig: ClientsRig, attempts: number, address: (attempt: number) => string | undefined) {
    const before = (await rig.store.listClients()).length;
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      await register(post(numbered(Math.random())), from(address(attempt)), rig).catch(() => {});
    }
    return (await rig.store.listClients()).length - before;
  }

  test.each<[string, (attempt: number) => string]>([
    ["one address", () => "203.0.113.7"],
    ["one address with its ports", (attempt) => `203.0.113.7:${40_000 + attempt}`],
    ["the addresses of an IPv6 /48", (attempt) => `2001:db8:7:${attempt}::${attempt}`],
  ])("has half of the ceiling and a tenth of the rest: %s", async (_what, address) => {
    const rig = await openClients({ newRegistrationsPerMinute: 40 });
    expect(await taken(rig, 60, address)).toBe(20 + 2);
    const { status, retryAfterSeconds, code } = await refusal(rig, post(numbered(1)), from(address(1)));
    expect({ status, retryAfterSeconds, code }).toEqual({
      status: 429,
      retryAfterSeconds: 60,
      code: "slow_down",
    });
    // Everybody else comes through, each network with its tenth, until the ceiling.
    expect(await taken(rig, 60, (attempt) => `198.51.100.${attempt % 2}`)).toBe(4);
    expect(await taken(rig, 60, (attempt) => `198.51.100.${100 + attempt}`)).toBe(14);
    rig.pass(60_000);
    expect(await taken(rig, 1, address)).toBe(1);
  });

  test.each([
    "10.0.0.1",
    "172.16.3.4",
    "192.168.1.1",
    "127.0.0.1",
    "::1",
    "fd00::7",
    "fe80::1%eth0",
    "169.254.1.1",
    "100.64.0.1",
    "::ffff:10.0.0.1",
    undefined,
  ])(
    "is not told apart from everybody where a proxy may hide them: %s; the ceiling holds",
    async (address) => {
      const rig = await openClients({ newRegistrationsPerMinute: 20 });
      expect(await taken(rig, 30, () => address)).toBe(20);
    },
  );

  test("of one that is known counts for nobody", async () => {
    const rig = await openClients({ newRegistrationsPerMinute: 20 });
    const stranger = from("203.0.113.7");
    await registered(rig, cursor, stranger);
    for (let again = 0; again < 30; again += 1) await registered(rig.restarted(), cursor, stranger);
    expect(await taken(rig, 30, () => "203.0.113.7")).toBe(10 - 1 + 1);
    await registered(rig, cursor, stranger);
  });

  test("has a share of an hour's room as well, which a minute does not end", async () => {
    const rig = await openClients({ unapprovedClients: 40 });
    expect(await taken(rig, 60, () => "203.0.113.7")).toBe(20 + 2);
    rig.pass(30 * 60_000);
    expect(await taken(rig, 60, () => "203.0.113.7")).toBe(0);
    expect(await taken(rig, 60, (attempt) => `198.51.100.${attempt}`)).toBe(18);
  });
});

describe("clients that nobody has approved", () => {
  const numbered = (number: number) => ({ ...cursor, client_name: `Client ${number}` });
  const proxy = from("10.0.0.1");
  const minutes = (count: number) => count * 60_000;

  test("are so many at the most: the oldest go first", async () => {
    const rig = await openClients({ unapprovedClients: 5 });
    const ids: string[] = [];
    for (let number = 0; number < 5; number += 1) {
      ids.push((await registered(rig, numbered(number), proxy)).client_id);
      rig.pass(minutes(20));
    }
    const next = await registered(rig, numbered(5), proxy);
    const left = (await rig.store.listClients()).map(({ id }) => id);
    expect(left.sort()).toEqual([...ids.slice(1), next.client_id].sort());
  });

  test("but none that is younger than an hour: then new ones are told when to come back", async () => {
    const rig = await openClients({ unapprovedClients: 5 });
    await registered(rig, numbered(0), proxy);
    rig.pass(minutes(50));
    for (let number = 1; number < 5; number += 1) await registered(rig, numbered(number), proxy);
    rig.pass(minutes(5));
    expect(await refusal(rig, post(numbered(5)), proxy)).toMatchObject({
      code: "slow_down",
      status: 429,
      retryAfterSeconds: 5 * 60,
    });
    // The same one again is no new one.
    await registered(rig, numbered(0), proxy);
    rig.pass(minutes(5));
    await registered(rig, numbered(5), proxy);
    expect(await refusal(rig, post(numbered(6)), proxy)).toMatchObject({ retryAfterSeconds: 50 * 60 });
    expect(await rig.store.listClients()).toHaveLength(5);
  });

  test("are not those that a person has approved, which stay and take no room", async () => {
    const rig = await openClients({ unapprovedClients: 5 });
    await addSamplePerson(rig.store);
    for (let number = 0; number < 5; number += 1) {
      const { client_id } = await registered(rig, numbered(number), proxy);
      await rig.store.approve(sampleApproval({ id: `grant-${number}`, clientId: client_id }), APPROVED);
    }
    rig.pass(minutes(61));
    for (let number = 5; number < 10; number += 1) await registered(rig, numbered(number), proxy);
    expect(await refusal(rig, post(numbered(10)), proxy)).toMatchObject({ code: "slow_down" });
    expect(await rig.store.listClients()).toHaveLength(10);
  });

  test("at once are no more than there is room for", async () => {
    const rig = await openClients({ unapprovedClients: 5 });
    const answers = await Promise.allSettled(
      Array.from({ length: 30 }, (_, number) => registered(rig, numbered(number), proxy)),
    );
    expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(5);
    expect(await rig.store.listClients()).toHaveLength(5);
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
