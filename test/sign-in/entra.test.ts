import { describe, expect, it } from "vitest";
import { entra } from "../../src/authorization-server/sign-in/index.ts";
import type { AdmitOption } from "../../src/config/admit.ts";
import { type Changes, CLIENT_ID, CLIENT_SECRET } from "../support/sign-in/identity-double.ts";
import { leadsTo, reasonIn, signInAt, startSignInServer } from "../support/sign-in/journey.ts";
import { openNetwork } from "../support/sign-in/network.ts";
import { startEntra } from "../support/sign-in/providers.ts";

const ACME = "8f4b0c1e-3b52-4a6e-9d2a-6f1f0a7c5e21";
const OTHER = "aaaaaaaa-3b52-4a6e-9d2a-6f1f0a7c5e21";
const PERSONAL = "9188040d-6c67-4c5b-b112-36a304b66dad";
const OID = "00000000-0000-0000-66f3-3332eca7ea81";

const issuerOf = (tid: string) => `https://login.microsoftonline.com/${tid}/v2.0`;
const from = (tid: string): Changes => ({
  iss: issuerOf(tid),
  tid,
  oid: OID,
  sub: "AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ",
  name: "Ada Lovelace",
  preferred_username: "ada@acme.example",
  email: "ceo@acme.example",
});

type Tenant = Parameters<typeof entra>[0]["tenant"];

async function start(
  tenant: Tenant,
  claims: Changes,
  given: Partial<Parameters<typeof entra>[0]> = {},
  admit: AdmitOption = "anyone",
) {
  const network = openNetwork();
  const only = typeof tenant === "string" && tenant.includes("-") ? tenant : "organizations";
  const provider = await startEntra(network, tenant === "any" ? "common" : only, { claims });
  const method = entra({ tenant, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET, ...given });
  const server = await startSignInServer([method], network, {}, admit);
  const people = () => server.store.listPeople({ now: server.now(), limit: 10 });
  const signIn = async () => leadsTo((await signInAt(server, "entra", network)).response);
  return { method, network, provider, server, people, signIn };
}

describe("whose people sign in is checked by tid, against the issuer of the ID token", () => {
  it.each<[Tenant, string]>([
    [ACME, ACME],
    [ACME.toUpperCase(), ACME],
    [[ACME, OTHER], OTHER],
    ["organizations", OTHER],
    ["any", PERSONAL],
  ])("tenant %j: one of %s is let in", async (tenant, tid) => {
    const { signIn, people, server } = await start(tenant === ACME.toUpperCase() ? ACME : tenant, from(tid));
    expect(await signIn()).toBe("/oauth/consent");
    const [person] = await people();
    expect(await server.store.listIdentities(person?.person.id ?? "")).toMatchObject([
      { method: "oidc", issuer: issuerOf(tid), subject: OID, label: "ada@acme.example" },
    ]);
  });

  it.each<[Tenant, Changes, RegExp]>([
    [[ACME, PERSONAL], from(OTHER), /the tenant aaaaaaaa-.* is not one of those that may sign in/],
    ["organizations", from(PERSONAL), /it is a personal account/],
    ["any", { ...from(ACME), tid: "a/../b", iss: issuerOf("a/../b") }, /tid is missing/],
  ])("tenant %j: %j is not", async (tenant, claims, reason) => {
    const { signIn, people, server } = await start(tenant, claims);
    expect(await signIn()).toBe("/oauth/login entra other_organization");
    expect(reasonIn(server)).toMatch(reason);
    expect(await people()).toEqual([]);
  });

  it.each<[Tenant, Changes]>([
    [ACME, from(OTHER)],
    [ACME, { ...from(OTHER), tid: ACME }],
    [[ACME, PERSONAL], { ...from(ACME), iss: issuerOf(OTHER) }],
    [[ACME, PERSONAL], { ...from(ACME), tid: OTHER }],
    ["any", { ...from(ACME), tid: undefined }],
    ["any", { ...from(ACME), iss: "https://evil.example/v2.0" }],
    ["any", { ...from(ACME), iss: issuerOf("{tenantid}") }],
  ])("tenant %j: an issuer that is not the tenant's proves no one: %j", async (tenant, claims) => {
    const { signIn, people } = await start(tenant, claims);
    expect(await signIn()).toBe("/oauth/login entra wrong_answer");
    expect(await people()).toEqual([]);
  });

  it("a key that Entra publishes for one tenant signs for no other", async () => {
    const { signIn, provider, people, server } = await start("organizations", from(ACME));
    await provider.addKey({ issuer: issuerOf(OTHER) });
    expect(await signIn()).toBe("/oauth/login entra wrong_answer");
    expect(reasonIn(server)).toMatch(/kid .* is unknown/);
    expect(await people()).toEqual([]);
  });

  it("but one that it publishes for all does, and so does the tenant's own", async () => {
    for (const issuer of [issuerOf("{tenantid}"), issuerOf(ACME)]) {
      const { signIn, provider } = await start("organizations", from(ACME));
      await provider.addKey({ issuer });
      expect(await signIn()).toBe("/oauth/consent");
    }
  });
});

it("its email is never verified: anyone can enter any address in a tenant of their own", async () => {
  const claims = { ...from(ACME), email_verified: true, xms_edov: true };
  const { signIn, people } = await start(ACME, claims);
  await signIn();
  const [person] = await people();
  expect(person?.emails).toEqual([]);
  expect(JSON.stringify(person)).not.toContain("ceo@");
});

it("equal object ids of two tenants are two people", async () => {
  const { signIn, provider, people } = await start("organizations", from(ACME));
  await signIn();
  provider.say({ claims: from(OTHER) });
  await signIn();
  expect(await people()).toHaveLength(2);
});

describe("groups that are too many for a token (groups overage) keep the person out, whatever they decide", () => {
  const ELSEWHERE = {
    _claim_names: { groups: "src1" },
    _claim_sources: { src1: { endpoint: "https://graph.example" } },
  };
  const GROUPS = { groups: "groups" };
  const CLAIMS = { claims: { groups: ["suspended"] } };
  it.each<[string, AdmitOption, object, string]>([
    ["who may come in", { groups: ["staff"] }, GROUPS, "/oauth/login entra unusable_account"],
    ["who may not", { deny: { groups: ["suspended"] } }, GROUPS, "/oauth/login entra unusable_account"],
    [
      "who may not, of anyone",
      { anyone: true, deny: { groups: ["x"] } },
      GROUPS,
      "/oauth/login entra unusable_account",
    ],
    ["nothing, and are kept for the next sign-in", "anyone", GROUPS, "/oauth/login entra unusable_account"],
    ["who may not, as a claim", { anyone: true, deny: CLAIMS }, {}, "page 403"],
    ["who may come in, as a claim", CLAIMS, {}, "page 403"],
  ])("%s", async (_, admit, given, expected) => {
    for (const overage of [ELSEWHERE, { hasgroups: true }]) {
      const { signIn, people, server } = await start(ACME, { ...from(ACME), ...overage }, given, admit);
      expect(await signIn()).toBe(expected);
      if (given === GROUPS) expect(reasonIn(server)).toContain("groups overage");
      expect(await people()).toEqual([]);
    }
  });

  it("but not where no one asks for them", async () => {
    const { signIn } = await start(ACME, { ...from(ACME), ...ELSEWHERE });
    expect(await signIn()).toBe("/oauth/consent");
  });

  it("and a person with few groups is in or out by them", async () => {
    const admit: AdmitOption = { deny: { groups: ["suspended"] } };
    for (const [groups, expected] of [
      [["staff"], "/oauth/consent"],
      [["staff", "suspended"], "page 403"],
    ] as const) {
      const { signIn } = await start(ACME, { ...from(ACME), groups }, GROUPS, admit);
      expect(await signIn()).toBe(expected);
    }
  });
});

it("is public where any organization's people may sign in", async () => {
  const options = { clientId: CLIENT_ID, clientSecret: CLIENT_SECRET };
  expect(entra({ tenant: "any", ...options }).people).toBe("public");
  expect(entra({ tenant: "organizations", ...options }).people).toBe("public");
  expect(entra({ tenant: [ACME, OTHER], ...options }).people).toBe("members");
});
