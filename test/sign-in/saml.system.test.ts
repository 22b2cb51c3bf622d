import { describe, expect, it } from "vitest";
import { openBrowser, stateOf } from "../support/person.ts";
import type { TestServer } from "../support/server.ts";
import { goToProvider, leadsTo, reasonIn } from "../support/sign-in/journey.ts";
import {
  CERTIFICATES,
  EMAIL_ADDRESS,
  ENTITY_ID,
  metadataOf,
  type ResponseChanges,
  readRequest,
  responseTo,
  samlForm,
} from "../support/sign-in/saml-idp.ts";
import {
  type AtIdp,
  answerWith,
  goToIdp,
  postForm,
  signInBySaml,
  startSamlServer,
} from "../support/sign-in/saml-journey.ts";
import { sampleEntry } from "../support/store/samples.ts";

const identity = (subject: string) => ({ method: "saml", issuer: ENTITY_ID, subject });
const XMLSOAP = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims";
const TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";

describe("sign-in with SAML", () => {
  it.each(["assertion", "both"] as const)(
    "signs a person in, where the signature is over: %s",
    async (signs) => {
      const server = await startSamlServer();
      const { response } = await signInBySaml(server, { signs });
      expect(leadsTo(response)).toBe("/oauth/consent");
      const record = await server.store.findByIdentity(identity("ada-1815"));
      expect(record?.person).toEqual({ id: record?.person.id, name: "Ada Lovelace", email: "ada@acme.com" });
      expect(record?.emails).toEqual(["ada@acme.com"]);
      expect(record?.groups).toEqual(["staff", "engineers"]);
    },
  );

  it("is the same person the next time, by the NameID alone", async () => {
    const server = await startSamlServer();
    await signInBySaml(server);
    await signInBySaml(server, { attributes: { email: ["ada.king@acme.com"] } });
    await signInBySaml(server, { nameId: "ADA-1815" });
    const people = await server.store.listPeople({ now: server.now(), limit: 10 });
    expect(people.map(({ emails }) => emails).sort()).toEqual([["ada.king@acme.com"], ["ada@acme.com"]]);
  });

  it("asks with a request of its own: an id, where to answer, and who asks", async () => {
    const server = await startSamlServer();
    const { request, providerUrl } = await goToIdp(server);
    const other = await goToIdp(server);
    expect(`${providerUrl.origin}${providerUrl.pathname}`).toBe("https://idp.acme.com/sso");
    expect(request.id).toMatch(/^_[\w-]{43}$/);
    expect(request.id).not.toBe(other.request.id);
    expect(request.acsUrl).toBe("https://mcp.example/oauth/callback/acme");
    expect(request.issuer).toBe("https://mcp.example/oauth/saml/acme");
    expect(Buffer.byteLength(request.relayState)).toBeLessThanOrEqual(80);
    expect(request.xml).not.toContain("ForceAuthn");
    expect(request.xml).not.toContain("RequestedAuthnContext");
  });

  it("writes nothing before the person is back", async () => {
    const server = await startSamlServer();
    const before = server.lines.length;
    await goToIdp(server);
    expect(server.lines.slice(before).filter(({ name }) => name !== "client.registered")).toEqual([]);
  });

  it("serves metadata, in which its name is where they are", async () => {
    const server = await startSamlServer([{ nameIdFormat: "persistent" }]);
    const response = await openBrowser(server).request("/oauth/saml/acme");
    expect(response.headers.get("content-type")).toBe("application/samlmetadata+xml");
    const document = await response.text();
    expect(document).toContain('entityID="https://mcp.example/oauth/saml/acme"');
    expect(document).toContain('Location="https://mcp.example/oauth/callback/acme"');
    expect(document).toContain('WantAssertionsSigned="true"');
    expect(document).toContain("nameid-format:persistent<");
  });
});

describe("who it is", () => {
  const server = (options: Parameters<typeof startSamlServer>[0]) => startSamlServer(options);
  it.each<[string, ResponseChanges, RegExp]>([
    ["a transient NameID", { format: TRANSIENT }, /^the NameID is transient/],
    ["an empty NameID", { nameId: "" }, /^the NameID, .* is missing/],
    ["white space around it", { nameId: " ada" }, /^the NameID, .* white space around it/],
    ["a character that can't be seen", { nameId: "ada&#x200B;" }, /^the NameID, .* can't be seen/],
    ["more than can be kept", { nameId: "a".repeat(256) }, /^the NameID, .* too long/],
    ["markup in it", { nameId: "ada<x/>" }, /^the NameID is not one text/],
  ])("is refused with %s", async (_, changes, reason) => {
    const started = await server([{}]);
    const { response } = await signInBySaml(started, changes);
    expect(leadsTo(response)).toMatch(/^\/oauth\/login acme (unusable_account|wrong_answer)$/);
    expect(reasonIn(started)).toMatch(reason);
    expect(await started.store.listPeople({ now: started.now(), limit: 10 })).toEqual([]);
  });

  it("is what an attribute says, where the operator names one", async () => {
    const started = await server([{ subject: "employeeNumber" }]);
    const attributes = { employeeNumber: ["1815"] };
    expect(leadsTo((await signInBySaml(started, { attributes, format: TRANSIENT })).response)).toBe(
      "/oauth/consent",
    );
    expect(await started.store.findByIdentity(identity("1815"))).toBeDefined();
    const twice = await signInBySaml(started, { attributes: { employeeNumber: ["1815", "1906"] } });
    expect(leadsTo(twice.response)).toBe("/oauth/login acme unusable_account");
  });

  it("has the format that was asked for", async () => {
    const started = await server([{ nameIdFormat: "emailAddress" }]);
    const { request, response } = await signInBySaml(started);
    expect(request.xml).toContain(`Format="${EMAIL_ADDRESS}"`);
    expect(leadsTo(response)).toBe("/oauth/login acme unusable_account");
    const right = await signInBySaml(started, { format: EMAIL_ADDRESS, nameId: "ada@acme.com" });
    expect(leadsTo(right.response)).toBe("/oauth/consent");
  });

  it("gets the id that the operator's function makes of the attributes", async () => {
    const personId = (attributes: Readonly<Record<string, unknown>>) => `acme:${attributes.employeeNumber}`;
    const started = await server([{ personId }]);
    await signInBySaml(started, { attributes: { employeeNumber: ["1815"], email: ["ada@elsewhere.com"] } });
    expect((await started.store.findByIdentity(identity("ada-1815")))?.person).toEqual({ id: "acme:1815" });
  });
});

describe("what a company says of its people", () => {
  const recordOf = async (options: Parameters<typeof startSamlServer>[0], changes: ResponseChanges) => {
    const server = await startSamlServer(options);
    const { response } = await signInBySaml(server, changes);
    expect([leadsTo(response), reasonIn(server)]).toEqual(["/oauth/consent", "undefined"]);
    const [person] = await server.store.listPeople({ now: server.now(), limit: 10 });
    return person;
  };

  it.each([
    "boss@other.com",
    "ada@acme.com.evil.example",
    "ada@sub.acme.com",
    "a@acme.com@evil.example",
    "ada@acme.com.",
  ])("is no address of another domain: %s", async (address) => {
    const record = await recordOf([{ profile: ["email"] }], { attributes: { email: [address] } });
    expect(record?.emails).toEqual([]);
    expect(record?.person.email).toBeUndefined();
  });

  it("is no address at all, where it has no domains", async () => {
    const record = await recordOf([{ domains: undefined as never }], {});
    expect(record?.emails).toEqual([]);
  });

  it("may be the NameID, where that is an address", async () => {
    const record = await recordOf([{}], { format: EMAIL_ADDRESS, nameId: "ada@acme.com", attributes: {} });
    expect(record?.emails).toEqual(["ada@acme.com"]);
  });

  it("is read from the attributes of the usual providers", async () => {
    const attributes = {
      [`${XMLSOAP}/emailaddress`]: ["Ada@Acme.com"],
      [`${XMLSOAP}/givenname`]: ["Ada"],
      [`${XMLSOAP}/surname`]: ["L&#246;velace"],
      [`${XMLSOAP}/name`]: ["ada@acme.onmicrosoft.com"],
    };
    const record = await recordOf([{}], { attributes });
    expect(record?.emails).toEqual(["Ada@Acme.com"]);
    expect(record?.person.name).toBe("Ada Lövelace");
  });

  it("is read from the attributes that the operator names", async () => {
    const options = [
      { email: ["contact"], groups: "roles", displayName: "cn", profile: ["team", "id", "none"] },
    ];
    const attributes = {
      contact: ["ada@acme.com"],
      email: ["x@acme.com"],
      roles: ["admin"],
      cn: ["A. L."],
      team: ["a", "b"],
      id: ["1"],
    };
    const record = await recordOf(options, { attributes });
    expect(record?.emails).toEqual(["ada@acme.com"]);
    expect(record?.groups).toEqual(["admin"]);
    expect(record?.person).toEqual({
      id: record?.person.id,
      name: "A. L.",
      email: "ada@acme.com",
      team: ["a", "b"],
    });
    expect(record?.person.id).not.toBe("1");
  });

  it("may be 150 groups of Entra, and is refused where a URL can't carry it", async () => {
    const guid = (_: unknown, i: number) => `3b2b0c93-acd8-4208-8eba-${String(i * 7919 + 100_000_000_000)}`;
    const groups = (count: number) => Array.from({ length: count }, guid);
    expect((await recordOf([{}], { attributes: { groups: groups(150) } }))?.groups).toHaveLength(150);
    const server = await startSamlServer();
    const noise = Array.from({ length: 350 }, () => crypto.randomUUID());
    const { response } = await signInBySaml(server, { attributes: { groups: noise } });
    expect(leadsTo(response)).toBe("/oauth/login acme unusable_account");
    expect(reasonIn(server)).toMatch(/^the assertion says more of the person than a URL can carry/);
  });

  it("is refused where Entra leaves the groups out", async () => {
    const server = await startSamlServer();
    const attributes = { "http://schemas.microsoft.com/claims/groups.link": ["https://graph.example"] };
    const { response } = await signInBySaml(server, { attributes });
    expect(leadsTo(response)).toBe("/oauth/login acme unusable_account");
  });
});

describe("a new sign-in", () => {
  it("is asked for where it is needed, and has to be new", async () => {
    const server = await startSamlServer();
    const params = { prompt: "login" };
    const old = await signInBySaml(server, { signedInAt: -3600 }, { params });
    expect(old.request.xml).toContain('ForceAuthn="true"');
    expect(leadsTo(old.response)).toBe("/oauth/login acme sign_in_is_old");
    const fresh = await signInBySaml(server, {}, { params });
    expect(leadsTo(fresh.response)).toBe("/oauth/consent");
    const any = await signInBySaml(server, { signedInAt: -3600 });
    expect(leadsTo(any.response)).toBe("/oauth/consent");
  });

  it("is the oldest of several, and never one that is yet to come", async () => {
    const server = await startSamlServer();
    const instant = (time: number) => `AuthnInstant="${new Date(time).toISOString()}"`;
    const earlier = `<saml:AuthnStatement ${instant(server.now() - 3600_000)}/>`;
    const edit = (xml: string) => xml.replace("</saml:AuthnStatement>", `$&${earlier}`);
    const old = await signInBySaml(server, { edit }, { params: { prompt: "login" } });
    expect(leadsTo(old.response)).toBe("/oauth/login acme sign_in_is_old");
    expect(leadsTo((await signInBySaml(server, { signedInAt: 3600 })).response)).toBe("/oauth/consent");
    const [person] = await server.store.listPeople({ now: server.now(), limit: 1 });
    const [session] = await server.store.listSessions(person?.person.id ?? "", server.now());
    expect(session?.authenticatedAt).toBe(server.now());
  });

  it("does not count where the person was signed out while the answer was on its way", async () => {
    const server = await startSamlServer();
    await signInBySaml(server);
    const [person] = await server.store.listPeople({ now: server.now(), limit: 1 });
    const there = await goToIdp(server);
    const posted = await postForm(
      server,
      samlForm(responseTo(there.request, { now: server.now() }), there.request.relayState),
    );
    server.advance(1);
    const entry = sampleEntry("person.signed_out", {
      at: server.now(),
      fields: { person: person?.person.id ?? "" },
    });
    expect(await server.store.signOutPerson(person?.person.id ?? "", server.now(), entry)).toBe(true);
    server.advance(1);
    const response = await there.browser.request(posted.headers.get("location") ?? "");
    expect(leadsTo(response)).toBe("/oauth/login acme sign_in_is_old");
  });
});

describe("an answer without a sign-in", () => {
  const STATUS = "urn:oasis:names:tc:SAML:2.0:status";
  it.each([
    [`${STATUS}:AuthnFailed`, "cancelled"],
    [`${STATUS}:RequestDenied`, "unusable_account"],
    [`${STATUS}:Requester`, "wrong_answer"],
  ])("%s leads back to the sign-in page", async (status, problem) => {
    const server = await startSamlServer();
    const there = await goToIdp(server);
    const response = await answerWith(server, there, responseTo(there.request, { status }));
    expect(leadsTo(response)).toBe(`/oauth/login acme ${problem}`);
    expect(reasonIn(server)).toContain(status.split(":").at(-1));
    const page = await there.browser.request(response.headers.get("location") ?? "");
    expect(await page.text()).toContain("Acme");
  });
});

/** A browser at the sign-in page of the account page. */
async function goToAccount(server: TestServer) {
  const browser = openBrowser(server);
  const toLogin = await browser.request("/account");
  return { browser, state: stateOf(toLogin.headers.get("location")) };
}

describe("several companies", () => {
  const OTHER = { name: "other", label: "Other", domains: ["other.com", "*.other.com"] };
  const started = async (options = {}) => {
    const metadata = metadataOf({
      entityId: "https://idp.other.com",
      ssoUrl: "https://idp.other.com/sso",
      certificates: [CERTIFICATES.other],
    });
    const server = await startSamlServer([{}, { ...OTHER, metadata }], options);
    const { state, browser } = await goToProvider(server, "acme");
    return { server, state, browser };
  };

  it("are one field for an address, which picks by its domain", async () => {
    const { browser, state } = await started();
    const page = await (await browser.request(`/oauth/login?${new URLSearchParams({ state })}`)).text();
    expect(page).toContain('name="address"');
    expect(page).not.toContain("Continue with <bdi>Acme");
    for (const [address, name] of [
      ["ada@acme.com", "acme"],
      ["  Ada@ACME.com ", "acme"],
      ["eve@other.com", "other"],
      ["eve@eu.other.com", "other"],
    ] as const) {
      const picked = await browser.submit("/oauth/company", { state, address });
      expect(leadsTo(picked)).toBe(`/oauth/sign-in/${name}`);
      expect(stateOf(picked.headers.get("location"))).toBe(state);
    }
  });

  it.each(["ada@nowhere.com", "ada@acme.com.evil.example", "acme.com", "", "ada@acme.com@other.com"])(
    "say that there is none for %j",
    async (address) => {
      const { browser, state } = await started();
      const page = await browser.submit("/oauth/company", { state, address });
      expect(page.status).toBe(400);
      const text = await page.text();
      expect(text).toContain('role="alert"');
      expect(text).toContain('name="address"');
    },
  );

  it("take no form from another site, and none without this browser's request", async () => {
    const { server, browser, state } = await started();
    const fields = { state, address: "ada@acme.com" };
    const headers = { "sec-fetch-site": "cross-site", origin: "https://evil.example" };
    expect(leadsTo(await browser.submit("/oauth/company", fields, { headers }))).toBe("page 403");
    expect(leadsTo(await openBrowser(server).submit("/oauth/company", fields))).toBe("page 403");
  });

  it("are offered for linking on the account page only to people with an address of theirs", async () => {
    const { server } = await started();
    const { browser, state } = await goToAccount(server);
    const begun = await browser.request(`/oauth/sign-in/acme?${new URLSearchParams({ state })}`);
    const request = readRequest(new URL(begun.headers.get("location") ?? ""));
    const at = { browser, request } as AtIdp;
    const response = await answerWith(server, at, responseTo(request, { now: server.now() }));
    const page = await (await browser.request(response.headers.get("location") ?? "")).text();
    expect(page).toContain("Ada Lovelace");
    expect(page).toContain("Acme");
    expect(page).not.toContain("Other");
  });

  it("have no field where there is one with domains", async () => {
    const server = await startSamlServer();
    const { browser, state } = await goToProvider(server, "acme");
    const page = await browser.request(`/oauth/login?${new URLSearchParams({ state, choose: "" })}`);
    expect(await page.text()).toContain("Continue with <bdi>Acme");
    expect((await browser.submit("/oauth/company", { state, address: "ada@acme.com" })).status).toBe(404);
  });
});
