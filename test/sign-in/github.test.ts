import { describe, expect, it } from "vitest";
import { github } from "../../src/authorization-server/sign-in/index.ts";
import type { AdmitOption } from "../../src/config/admit.ts";
import { startGithub } from "../support/sign-in/github-double.ts";
import { CLIENT_ID, CLIENT_SECRET } from "../support/sign-in/identity-double.ts";
import { goToProvider, leadsTo, reasonIn, signInAt, startSignInServer } from "../support/sign-in/journey.ts";
import { openNetwork } from "../support/sign-in/network.ts";

const options = { clientId: CLIENT_ID, clientSecret: CLIENT_SECRET };
type Given = Partial<Parameters<typeof github>[0]>;

async function start(given: Given = {}, admit: AdmitOption = "anyone") {
  const network = openNetwork();
  const provider = await startGithub(network, given.baseUrl);
  const server = await startSignInServer([github({ ...options, ...given })], network, {}, admit);
  const people = () => server.store.listPeople({ now: server.now(), limit: 10 });
  const signIn = async () => leadsTo((await signInAt(server, "github", network)).response);
  return { network, provider, server, people, signIn };
}

const address = (email: string, verified = true, primary = false) => ({ email, verified, primary });

describe("who signed in is what GitHub's API says", () => {
  it("by the account's number, which no one else gets, with the login as the label", async () => {
    const { signIn, people, server } = await start();
    expect(await signIn()).toBe("/oauth/consent");
    const [person] = await people();
    expect(person?.person).toMatchObject({ name: "Ada Lovelace", login: "ada", email: "ada@example.com" });
    expect(await server.store.listIdentities(person?.person.id ?? "")).toMatchObject([
      { method: "github", issuer: "https://github.com", subject: "583231", label: "ada" },
    ]);
  });

  it("so that a renamed account is the same person, and one that takes its old login is another", async () => {
    const { signIn, people, provider } = await start();
    await signIn();
    provider.say({ user: { id: 583231, login: "ada-king", name: null } });
    await signIn();
    expect((await people()).map(({ person }) => person.name)).toEqual(["ada-king"]);
    provider.say({ user: { id: 99, login: "ada" } });
    await signIn();
    expect(await people()).toHaveLength(2);
  });

  it("asked with the token as a bearer, in the version that the answers are known in", async () => {
    const { signIn, provider } = await start();
    await signIn();
    expect(provider.headers).toMatchObject({
      authorization: expect.stringMatching(/^Bearer gho_/),
      "x-github-api-version": "2022-11-28",
      accept: "application/vnd.github+json",
      "user-agent": "mcp-gatehouse",
    });
    expect(provider.calls).toEqual(["/user", "/user/emails?per_page=100&page=1"]);
  });

  it("at a GitHub Enterprise below its own URL, whose people are others than GitHub's", async () => {
    const baseUrl = "https://github.acme.example";
    const { signIn, people, network, server } = await start({ baseUrl });
    expect(await signIn()).toBe("/oauth/consent");
    const [person] = await people();
    expect(await server.store.listIdentities(person?.person.id ?? "")).toMatchObject([
      { method: "github", issuer: baseUrl, subject: "583231" },
    ]);
    expect(network.asked).toContain(`${baseUrl}/api/v3/user`);
    expect(network.asked.filter((url) => !url.startsWith(baseUrl))).toEqual([]);
  });
});

describe("only addresses that GitHub has verified count", () => {
  it("all of them for who may come in, the primary one for tools; never that of the public profile", async () => {
    const { signIn, people, provider } = await start();
    provider.say({
      emails: [
        address("victim@example.com", false),
        address("second@example.com"),
        address("ada@example.com", true, true),
      ],
    });
    await signIn();
    const [record] = await people();
    expect(record).toMatchObject({
      emails: ["second@example.com", "ada@example.com"],
      person: { email: "ada@example.com" },
    });
    expect(JSON.stringify(record)).not.toMatch(/victim|public@/);
  });

  it("no address at all where the primary one is not verified, though it is the profile's", async () => {
    const { signIn, people, provider } = await start();
    provider.say({ emails: [address("public@example.com", false, true)] });
    expect(await signIn()).toBe("/oauth/consent");
    const [record] = await people();
    expect(record?.emails).toEqual([]);
    expect(record?.person).not.toHaveProperty("email");
  });

  it("for who may come in: an address that is not verified opens no door", async () => {
    const { signIn, people, provider } = await start({}, { emails: ["*@acme.example"] });
    provider.say({ emails: [address("ada@acme.example", false), address("ada@example.com", true, true)] });
    expect(await signIn()).toBe("page 403");
    expect(await people()).toEqual([]);
    provider.say({ emails: [address("ada@acme.example"), address("ada@example.com", true, true)] });
    expect(await signIn()).toBe("/oauth/consent");
  });

  it("and for who may not: none is passed over because it is on a later page", async () => {
    const { signIn, provider } = await start({}, { anyone: true, deny: { emails: ["ada@evil.example"] } });
    const many = Array.from({ length: 100 }, (_, i) => address(`ada${i}@example.com`));
    provider.say({ emails: [...many, address("ada@evil.example")] });
    expect(await signIn()).toBe("page 403");
    expect(provider.calls).toContain("/user/emails?per_page=100&page=2");
  });

  it("nor are they what personId and the lists see of the profile", async () => {
    const seen: unknown[] = [];
    const personId = (claims: Readonly<Record<string, unknown>>) => {
      seen.push(claims.email);
      return String(claims.sub);
    };
    const { signIn, provider } = await start({ personId });
    await signIn();
    provider.say({ emails: [address("public@example.com", false, true)] });
    await signIn();
    expect(seen).toEqual(["ada@example.com", undefined]);
  });
});

describe("organizations and teams are groups, where they are asked for", () => {
  const orgs = [{ login: "acme" }, { login: "example" }];
  const teams = [{ slug: "engineers", organization: { login: "acme" } }];

  it.each<[Given["groups"], readonly string[], string]>([
    [undefined, [], "read:user user:email"],
    ["organizations", ["acme", "example"], "read:user user:email read:org"],
    ["teams", ["acme", "example", "acme/engineers"], "read:user user:email read:org"],
  ])("groups: %j", async (groups, expected, scope) => {
    const { signIn, people, provider } = await start({ ...(groups && { groups }) });
    provider.say({ orgs, teams });
    await signIn();
    expect(await people()).toMatchObject([{ groups: expected }]);
    expect(provider.authorizations[0]?.get("scope")).toBe(scope);
    expect(provider.calls.some((call) => call.startsWith("/user/teams"))).toBe(groups === "teams");
  });

  it("decide who may come in", async () => {
    const { signIn, provider, people } = await start({ groups: "teams" }, { groups: ["acme/engineers"] });
    provider.say({ orgs: [{ login: "acme" }] });
    expect(await signIn()).toBe("page 403");
    expect(await people()).toEqual([]);
    provider.say({ orgs, teams });
    expect(await signIn()).toBe("/oauth/consent");
  });

  it("are all read, in pages; more than a thousand keep the person out, since the rest may be what denies", async () => {
    const { signIn, provider, people, server } = await start(
      { groups: "organizations" },
      { anyone: true, deny: { groups: ["evil"] } },
    );
    const many = Array.from({ length: 250 }, (_, i) => ({ login: `org-${i}` }));
    provider.say({ orgs: [...many, { login: "evil" }] });
    expect(await signIn()).toBe("page 403");
    provider.say({ orgs: Array.from({ length: 1001 }, (_, i) => ({ login: `org-${i}` })) });
    expect(await signIn()).toBe("/oauth/login github unusable_account");
    expect(reasonIn(server)).toBe("/user/orgs has 1000 entries or more");
    expect(await people()).toEqual([]);
  });
});

describe("a scope that the person took out of the request is missed, since GitHub would hide what it is for", () => {
  const denied = { anyone: true, deny: { groups: ["banned"] } };
  it.each<[string, string]>([
    ["read:user,user:email", "/oauth/login github wrong_answer"],
    ["read:org", "/oauth/login github wrong_answer"],
    ["", "/oauth/login github wrong_answer"],
    ["admin:org,user", "/oauth/consent"],
  ])("groups are asked for, and the token is for %j", async (scope, expected) => {
    const { signIn, provider } = await start({ groups: "organizations" }, denied);
    provider.say({ scope });
    expect(await signIn()).toBe(expected);
  });

  it("addresses are always asked for", async () => {
    const { signIn, provider, server } = await start();
    for (const scope of ["", "read:user"]) {
      provider.say({ scope });
      expect(await signIn()).toBe("/oauth/login github wrong_answer");
      expect(reasonIn(server)).toBe("the token is without the scope user:email");
    }
  });

  it("but for a GitHub App, which has permissions that no request changes", async () => {
    const { signIn, provider } = await start({ groups: "organizations" }, denied);
    provider.say({ scope: "", prefix: "ghu_" });
    expect(await signIn()).toBe("/oauth/consent");
    provider.say({ orgs: [{ login: "banned" }] });
    expect(await signIn()).toBe("page 403");
  });
});

describe("what the browser carries there and back", () => {
  it("is PKCE and a state, and no secret", async () => {
    const { signIn, provider } = await start();
    await signIn();
    const [asked] = provider.authorizations;
    expect(Object.fromEntries(asked ?? [])).toEqual({
      response_type: "code",
      client_id: CLIENT_ID,
      redirect_uri: "https://mcp.example/oauth/callback/github",
      scope: "read:user user:email",
      state: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: "S256",
    });
    expect(provider.exchanges[0]?.has("resource")).toBe(false);
  });

  it("is the login that the client expects", async () => {
    const { server } = await start();
    const { providerUrl } = await goToProvider(server, "github", { params: { login_hint: "ada" } });
    expect(providerUrl.searchParams.get("login")).toBe("ada");
  });

  it("asks for the choice of an account where a new sign-in is needed: GitHub knows no other, and coming back counts", async () => {
    const { server, network, provider } = await start();
    const { response } = await signInAt(server, "github", network, { prompt: "login" });
    expect(leadsTo(response)).toBe("/oauth/consent");
    expect(provider.authorizations[0]?.get("prompt")).toBe("select_account");
  });

  it("is refused with the iss of another issuer (RFC 9207): no code goes anywhere", async () => {
    const { signIn, provider } = await start();
    provider.say({ answer: { iss: "https://github.evil.example/login/oauth" } });
    expect(await signIn()).toBe("/oauth/login github wrong_answer");
    expect(provider.exchanges).toEqual([]);
    provider.say({ answer: { iss: "https://github.com/login/oauth" } });
    expect(await signIn()).toBe("/oauth/consent");
  });

  it.each([
    ["access_denied", "cancelled"],
    ["application_suspended", "wrong_answer"],
  ])("is a page where GitHub answers %s", async (error, problem) => {
    const { signIn, provider, server } = await start();
    provider.say({ answer: { error, error_description: "No" } });
    expect(await signIn()).toBe(`/oauth/login github ${problem}`);
    expect(reasonIn(server)).toBe(`the provider answered "${error}": "No"`);
    expect(provider.exchanges).toEqual([]);
  });
});

describe("a call that fails leads back to the sign-in page, and nothing is written", () => {
  const TOKEN = "/login/oauth/access_token";
  it.each<[string, Parameters<Awaited<ReturnType<typeof startGithub>>["say"]>[0], string]>([
    ["the code is refused, with 200", { token: { error: "bad_verification_code" } }, "wrong_answer"],
    ["the secret is wrong, with 200", { token: { error: "incorrect_client_credentials" } }, "wrong_answer"],
    ["a token that is empty", { token: { access_token: "" } }, "wrong_answer"],
    ["a token that is no text", { token: { access_token: 7 } }, "wrong_answer"],
    ["no token", { token: {} }, "wrong_answer"],
    ["the token endpoint is down", { statuses: { [TOKEN]: 502 } }, "no_answer"],
    ["the token endpoint is elsewhere", { statuses: { [TOKEN]: 404 } }, "wrong_answer"],
    ["the user can't be had", { statuses: { "/user": 500 } }, "no_answer"],
    ["the API asks to wait", { statuses: { "/user": 429 } }, "no_answer"],
    ["the token does not do", { statuses: { "/user": 401 } }, "wrong_answer"],
    ["no scope for addresses", { statuses: { "/user/emails": 404 } }, "wrong_answer"],
    ["the addresses can't be had", { statuses: { "/user/emails": 503 } }, "no_answer"],
    ["the organizations can't be had", { statuses: { "/user/orgs": 503 } }, "no_answer"],
    ["the organization forbids it", { statuses: { "/user/orgs": 403 } }, "wrong_answer"],
    ["the teams can't be had", { statuses: { "/user/teams": 503 } }, "no_answer"],
    ["a user without a number", { user: { login: "ada" } }, "wrong_answer"],
    ["a number that JSON rounds", { user: { id: 2 ** 53, login: "ada" } }, "wrong_answer"],
    ["a number that is text", { user: { id: "583231", login: "ada" } }, "wrong_answer"],
    ["a user without a login", { user: { id: 583231, login: "" } }, "wrong_answer"],
    ["addresses that are no list", { emails: { email: "ada@example.com" } }, "wrong_answer"],
    ["verified that is text", { emails: [{ ...address("a@b.example"), verified: "true" }] }, "wrong_answer"],
    ["organizations without a login", { orgs: [{}] }, "wrong_answer"],
    ["teams without an organization", { teams: [{ slug: "x" }] }, "wrong_answer"],
  ])("%s", async (_, said, problem) => {
    const { signIn, people, provider, server } = await start({ groups: "teams" });
    provider.say(said);
    expect(await signIn()).toBe(`/oauth/login github ${problem}`);
    expect(await people()).toEqual([]);
    expect(reasonIn(server)).not.toMatch(/gho_|s\+cret/);
  });
});
