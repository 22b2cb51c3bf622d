import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { type Client, identityOf } from "./client.ts";
import type { Organization } from "./organization.ts";
import { preregisteredClient } from "./preregistered-client.ts";
import {
  type Approved,
  type AskedConsent,
  approvedMark,
  isRememberable,
  rememberedApproval,
} from "./remembered-consent.ts";

const SCOPES = ["mcp", "read", "write", "admin"];
const catalogue = { descriptions: new Map(SCOPES.map((scope) => [scope, scope])) };
const APP = "https://app.example/cb";
const described = { id: "app", name: "App", redirectUris: [APP], rememberConsent: true } as const;
const client = preregisteredClient(described, { catalogue }, 1000);

const asked = (changes: Partial<AskedConsent> = {}): AskedConsent => ({
  client: identityOf(client),
  redirectUri: APP,
  resource: "https://mcp.example/mcp",
  scopes: ["mcp"],
  isInSession: true,
  asksAnyway: false,
  ...changes,
});

const approved = (changes: Partial<Approved> = {}): Approved => ({
  id: "grant-1",
  clientId: "app",
  clientName: "App",
  organization: null,
  redirectUri: APP,
  resource: "https://mcp.example/mcp",
  scopes: ["mcp", "read"],
  redeemedAt: 2000,
  approvedAs: approvedMark(identityOf(client), client),
  ...changes,
});

const ACME = { id: "acme", name: "Acme" };
const GLOBEX = { id: "globex", name: "Globex" };

describe("an earlier approval of an organization", () => {
  const former = (...organizations: readonly Approved["organization"][]) =>
    organizations.map((organization, index) => approved({ id: `grant-${index}`, organization }));

  test.each<[string, readonly Approved[], readonly Organization[], string | undefined]>([
    ["stands while it is offered, alone or among others", former(ACME), [GLOBEX, ACME], "grant-0"],
    ["stands under another name", former(ACME), [{ ...ACME, name: "Acme Inc." }], "grant-0"],
    [
      "does not stand for another one of the same name",
      former(ACME),
      [{ ...GLOBEX, name: "Acme" }],
      undefined,
    ],
    ["does not stand where nothing is offered", former(ACME), [], undefined],
    ["does not stand for one of none, where there is something to choose", former(null), [ACME], undefined],
    ["stands for none where there is still nothing to choose", former(null), [], "grant-0"],
    ["the newest of several of the same one stands", former(ACME, ACME), [ACME], "grant-0"],
    ["leaves a person to choose who approved two", former(ACME, GLOBEX), [ACME, GLOBEX], undefined],
    ["and who has left one of these since", former(GLOBEX, ACME), [ACME], undefined],
    ["stands beside one from before there were any", former(null, ACME), [ACME], "grant-1"],
  ])("%s", (_what, before, offered, expected) => {
    expect(rememberedApproval(asked(), client, before, offered)?.id).toBe(expected);
  });

  it("does not stand where the person approved another one since, also for less", () => {
    const before = [approved({ organization: GLOBEX, scopes: ["mcp"] }), approved({ organization: ACME })];
    expect(rememberedApproval(asked({ scopes: ["read"] }), client, before, [ACME, GLOBEX])).toBeUndefined();
  });
});

describe("an earlier approval", () => {
  it("stands for a request of the same client for the same", () => {
    expect(rememberedApproval(asked(), client, [approved()])).toEqual(approved());
  });

  test.each<[string, Partial<AskedConsent>]>([
    ["prompt=consent", { asksAnyway: true }],
    ["a sign-in for this request alone", { isInSession: false }],
    ["another address of the client", { redirectUri: "https://app.example/cb2" }],
    ["the same address with a slash", { redirectUri: `${APP}/` }],
    ["the same address in upper case", { redirectUri: "https://APP.example/cb" }],
    ["another resource", { resource: "https://mcp.example/other" }],
    ["a scope more", { scopes: ["mcp", "write"] }],
    ["another client", { client: { ...identityOf(client), id: "app2" } }],
    ["another name", { client: { ...identityOf(client), name: "App 2" } }],
    ["a client that registered itself", { client: { ...identityOf(client), origin: "registered" } }],
    ["a metadata document", { client: { ...identityOf(client), origin: "metadata_document" } }],
    ["one that is not remembered", { client: { ...identityOf(client), remembersConsent: false } }],
    ["one of which that is not known", { client: { ...identityOf(client), remembersConsent: undefined } }],
  ])("does not stand for %s", (_what, changes) => {
    expect(rememberedApproval(asked(changes), client, [approved()])).toBeUndefined();
  });

  test.each<[string, Partial<Approved>]>([
    ["without a click", { approvedAs: null }],
    ["of another client's description", { approvedAs: "another" }],
    ["that connected nothing", { redeemedAt: null }],
    ["at another address", { redirectUri: "https://app.example/cb2" }],
    ["for another resource", { resource: "https://mcp.example/other" }],
    ["of another client", { clientId: "app2" }],
    ["for less", { scopes: ["read"] }],
  ])("%s does not stand for anything", (_what, changes) => {
    expect(rememberedApproval(asked(), client, [approved(changes)])).toBeUndefined();
  });

  it("covers all that is asked for, or is none", () => {
    const scopes = fc.uniqueArray(fc.constantFrom(...SCOPES), { minLength: 1 });
    fc.assert(
      fc.property(scopes, fc.array(scopes, { maxLength: 4 }), (wanted, had) => {
        const grants = had.map((one, index) => approved({ id: `grant-${index}`, scopes: one }));
        const found = rememberedApproval(asked({ scopes: wanted }), client, grants);
        const covers = had.some((one) => wanted.every((scope) => one.includes(scope)));
        expect(found !== undefined).toBe(covers);
        if (found) expect(found.scopes).toEqual(expect.arrayContaining(wanted));
      }),
    );
  });
});

test.each([
  "http://127.0.0.1/cb",
  "http://localhost:4000/cb",
  "https://localhost/cb",
  "https://127.0.0.1/cb",
  "https://[::1]/cb",
  "https://127.0.0.2/cb",
  "https://2130706434/cb",
  "https://[::ffff:127.0.0.1]/cb",
  "https://app.localhost/cb",
  "https://localhost./cb",
  "https://0.0.0.0/cb",
  "https://[::]/cb",
  "https://[::ffff:0.0.0.0]/cb",
  "cursor://anysphere.cursor-mcp/cb",
  "com.example.app:/cb",
])("nothing can be remembered at %s", (uri) => {
  const local = { ...client, redirectUris: [uri] };
  const request = asked({ redirectUri: uri });
  const grant = approved({ redirectUri: uri, approvedAs: approvedMark(request.client, local) });
  expect(isRememberable(request)).toBe(false);
  expect(rememberedApproval(request, local, [grant])).toBeUndefined();
});

describe("what is kept of a client", () => {
  const mark = (changes: Partial<Client> = {}) => {
    const changed = { ...client, ...changes };
    return approvedMark(identityOf(changed), changed);
  };

  const changes: readonly [keyof Client, Partial<Client>][] = [
    ["id", { id: "app2" }],
    ["origin", { origin: "registered" }],
    ["name", { name: null }],
    ["redirectUris", { redirectUris: [APP, "https://evil.example/cb"] }],
    ["authenticationMethod", { authenticationMethod: "client_secret_post" }],
    ["secretHash", { secretHash: "another" }],
    ["jwks", { jwks: { keys: [{ kty: "EC" }] } }],
    ["jwksUri", { jwksUri: "https://app.example/jwks" }],
    ["grantTypes", { grantTypes: ["authorization_code"] }],
    ["scopes", { scopes: ["mcp"] }],
    ["applicationType", { applicationType: "native" }],
    ["createdAt", { createdAt: 1001 }],
    ["remembersConsent", { remembersConsent: false }],
  ];

  test.each(changes)("is another for another %s", (_name, change) => {
    expect(mark(change)).not.toBe(mark());
  });

  it("covers every member but the links, which no page shows", () => {
    const untold = new Set(["clientUri", "logoUri"]);
    expect(changes.map(([name]) => name).sort()).toEqual(
      Object.keys(client)
        .filter((name) => !untold.has(name))
        .sort(),
    );
    expect(mark({ clientUri: "https://app.example", logoUri: null })).toBe(mark());
  });

  it("is the same whatever the order of its members", () => {
    const reversed = Object.fromEntries(Object.entries(client).reverse()) as Client;
    expect(approvedMark(identityOf(client), reversed)).toBe(mark());
  });

  it("is nothing where the page showed something else", () => {
    expect(approvedMark({ ...identityOf(client), name: "App 2" }, client)).toBeNull();
    expect(approvedMark({ ...identityOf(client), holdsKey: true }, client)).toBeNull();
    expect(approvedMark({ ...identityOf(client), remembersConsent: undefined }, client)).toBeNull();
  });
});
