import { expect, it } from "vitest";
import { google } from "../../src/authorization-server/sign-in/index.ts";
import { type Changes, CLIENT_ID, CLIENT_SECRET } from "../support/sign-in/identity-double.ts";
import { leadsTo, reasonIn, signInAt, startSignInServer } from "../support/sign-in/journey.ts";
import { openNetwork } from "../support/sign-in/network.ts";
import { startGoogle } from "../support/sign-in/providers.ts";

const options = { clientId: CLIENT_ID, clientSecret: CLIENT_SECRET };
const ADA = {
  sub: "110169484474386276334",
  name: "Ada Lovelace",
  email: "ada@example.com",
  email_verified: true,
};

async function start(given: Partial<Parameters<typeof google>[0]> = {}, claims: Changes = {}) {
  const network = openNetwork();
  const provider = await startGoogle(network, { claims: { ...ADA, azp: CLIENT_ID, ...claims } });
  const server = await startSignInServer([google({ ...options, ...given })], network);
  const people = () => server.store.listPeople({ now: server.now(), limit: 10 });
  return { network, provider, server, people };
}

it("anyone with a Google account is proved, with the verified address", async () => {
  const { network, server, people } = await start();
  const { response } = await signInAt(server, "google", network);
  expect(leadsTo(response)).toBe("/oauth/consent");
  const [person] = await people();
  expect(person).toMatchObject({ emails: ["ada@example.com"], person: { name: "Ada Lovelace" } });
  expect(await server.store.listIdentities(person?.person.id ?? "")).toMatchObject([
    { method: "oidc", issuer: "https://accounts.google.com", subject: ADA.sub, label: "ada@example.com" },
  ]);
});

it.each(["true", 1, false, undefined])("only email_verified: true counts, not %j", async (email_verified) => {
  const { network, server, people } = await start({}, { email_verified });
  await signInAt(server, "google", network);
  expect(await people()).toMatchObject([{ emails: [] }]);
});

it.each([undefined, "elsewhere.example", "sub.example.com", 7])("with hd, %j is not let in", async (hd) => {
  const { network, server, people } = await start({ hd: "example.com" }, { hd });
  const { response } = await signInAt(server, "google", network);
  expect(leadsTo(response)).toBe("/oauth/login google other_organization");
  expect(reasonIn(server)).toBe("hd is not one of example.com");
  expect(await people()).toEqual([]);
});

it.each([
  ["Example.com", "example.com"],
  [["one.example", "example.com"], "*"],
])("with hd %j the people of the domain are, and Google is told", async (hd, hint) => {
  const { network, server, provider } = await start({ hd }, { hd: "example.com" });
  expect(leadsTo((await signInAt(server, "google", network)).response)).toBe("/oauth/consent");
  expect(provider.authorizations[0]?.get("hd")).toBe(hint);
});

it("a new sign-in is asked for by select_account: coming back counts, since Google knows no prompt=login", async () => {
  const { network, server, provider } = await start({}, { auth_time: 1 });
  const { response } = await signInAt(server, "google", network, { prompt: "login" });
  expect(leadsTo(response)).toBe("/oauth/consent");
  expect(provider.authorizations[0]?.get("prompt")).toBe("select_account");
  expect(provider.authorizations[0]?.has("max_age")).toBe(false);
});

it("is public, unless it is for a domain", () => {
  expect(google(options).people).toBe("public");
  expect(google({ ...options, hd: "example.com" }).people).toBe("members");
});
