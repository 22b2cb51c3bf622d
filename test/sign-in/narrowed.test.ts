import { describe, expect, it } from "vitest";
import { google, oidc } from "../../src/authorization-server/sign-in/index.ts";
import { isNarrowed } from "../../src/authorization-server/sign-in/upstream/oidc/narrowed.ts";
import type { AdmitOption } from "../../src/config/admit.ts";
import { CLIENT_ID, CLIENT_SECRET, startIdentityDouble } from "../support/sign-in/identity-double.ts";
import {
  goToProvider,
  leadsTo,
  signInAt,
  signInThere,
  startSignInServer,
} from "../support/sign-in/journey.ts";
import { openNetwork } from "../support/sign-in/network.ts";
import { startGoogle } from "../support/sign-in/providers.ts";

const credentials = { clientId: CLIENT_ID, clientSecret: CLIENT_SECRET };
const EVE = {
  sub: "eve",
  name: "Eve",
  email: "eve@competitor.example",
  email_verified: true,
  groups: ["contractors"],
};

/** A provider that tells of Eve what the scopes of her request name, as providers do. */
async function start(admit: AdmitOption) {
  const network = openNetwork();
  const provider = await startIdentityDouble();
  provider.say({ userinfo: { sub: "eve" } });
  const method = oidc({
    issuer: provider.issuer,
    groups: "groups",
    scopes: ["openid", "profile", "email", "groups", "offline_access"],
    ...credentials,
  });
  const server = await startSignInServer([method], network, {}, admit);
  const signIn = async (scope: string) => {
    const { email, email_verified, groups, name, sub } = EVE;
    const has = (one: string) => scope.split(" ").includes(one);
    provider.say({
      scope,
      claims: {
        sub,
        ...(has("email") && { email, email_verified }),
        ...(has("groups") && { groups }),
        ...(has("profile") && { name }),
      },
    });
    const there = await goToProvider(server, "oidc");
    there.providerUrl.searchParams.set("scope", scope);
    return leadsTo(await there.browser.request((await signInThere(there, network)).href));
  };
  const reason = () => server.lines.findLast(({ name }) => name === "sign_in.refused")?.fields.reason;
  return { signIn, reason };
}

describe("a person can take a scope out of the request, and with it what would deny them", () => {
  it.each<AdmitOption>([
    { anyone: true, deny: { groups: ["contractors"] } },
    { anyone: true, deny: { domains: ["competitor.example"] } },
    { anyone: true, deny: { emails: ["eve@competitor.example"] } },
    { anyone: true, deny: { claims: { name: "Eve" } } },
  ])("so %j refuses a sign-in with fewer scopes than were asked for", async (admit) => {
    const { signIn, reason } = await start(admit);
    expect(await signIn("openid profile email groups")).toBe("page 403");
    expect(reason()).toMatch(/names them/);
    expect(await signIn("openid")).toBe("page 403");
    expect(reason()).toMatch(/^the provider granted fewer scopes than were asked for/);
  });

  it("and admit.check is told of it", async () => {
    const told: boolean[] = [];
    const { signIn } = await start((_person, _client, { isNarrowed: is }) => {
      told.push(is);
      return !is;
    });
    expect(await signIn("openid profile email groups")).toBe("/oauth/consent");
    expect(await signIn("openid profile")).toBe("page 403");
    expect(told).toEqual([false, true]);
  });

  it("Without such lists, it is a sign-in like any other: a person may keep their address to themselves", async () => {
    const { signIn } = await start("anyone");
    expect(await signIn("openid")).toBe("/oauth/consent");
  });
});

it("Google names the scopes by their long names", async () => {
  const network = openNetwork();
  const provider = await startGoogle(network, { claims: { ...EVE, sub: "1", azp: CLIENT_ID } });
  const admit = { anyone: true, deny: { emails: ["mallory@example.com"] } };
  const server = await startSignInServer([google(credentials)], network, {}, admit);
  const long = (name: string) => `https://www.googleapis.com/auth/userinfo.${name}`;
  provider.say({ scope: `${long("email")} ${long("profile")} openid` });
  expect(leadsTo((await signInAt(server, "google", network)).response)).toBe("/oauth/consent");
  provider.say({ scope: `${long("profile")} openid` });
  expect(leadsTo((await signInAt(server, "google", network)).response)).toBe("page 403");
});

it.each<[string | undefined, boolean]>([
  [undefined, false],
  ["openid email", false],
  ["email  openid profile", false],
  ["openid", true],
  ["", true],
  ["openid Email", true],
  ["openid email2", true],
])("granted %j for openid, email and offline_access", (granted, expected) => {
  expect(isNarrowed(["openid", "email", "offline_access"], granted)).toBe(expected);
});
