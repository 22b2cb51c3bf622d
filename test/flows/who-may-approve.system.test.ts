import { describe, expect, it } from "vitest";
import {
  type AuthorizationRequest,
  sealRequest,
} from "../../src/authorization-server/interaction/sealed-request.ts";
import { createBrowserBinding } from "../../src/authorization-server/people/create-browser-binding.ts";
import { allowInsecurePublicUrl, type OAuthServerOptions } from "../../src/config/options-schema.ts";
import type { LoginHandler } from "../../src/config/settings.ts";
import { createKeyring } from "../../src/platform/secrets/keyring.ts";
import { authorizeUrl, codeOf, newPkce, redeem, register, tokensOf } from "../support/client.ts";
import { SECRET } from "../support/forge.ts";
import { type Browser, decide, openBrowser, signIn, stateOf } from "../support/person.ts";
import { startServer } from "../support/server.ts";
import { sampleEntry } from "../support/store/samples.ts";
import { steal } from "../support/thief.ts";

// Cookies know no ports: whatever listens on another port of localhost has those of this server. So do programs there that
// were denied. None of that may approve anything.

const CALLBACK = "http://localhost:41001/cb";

/** A server with this public URL, whatever host the helpers name. */
async function startAt(origin: string, options: OAuthServerOptions = {}) {
  const server = await startServer({ publicUrl: origin, [allowInsecurePublicUrl]: true, ...options });
  return {
    ...server,
    fetch: (request: Request) => {
      const { pathname, search } = new URL(request.url);
      return server.fetch(new Request(new URL(`${pathname}${search}`, origin), request));
    },
  };
}
type Server = Awaited<ReturnType<typeof startAt>>;

async function newClient(server: Server) {
  const { client_id: clientId } = await register(server, { redirect_uris: [CALLBACK] });
  const { verifier, challenge } = newPkce();
  const url = authorizeUrl(clientId, challenge, { redirect_uri: CALLBACK, resource: undefined });
  return { clientId, verifier, url };
}

async function begin(browser: Browser, url: string): Promise<string> {
  return stateOf((await browser.request(url)).headers.get("location"));
}

async function finishSignIn(browser: Browser, state: string, username = "ada", password = "lovelace") {
  const answer = await browser.submit("/oauth/login", { state, username, password });
  expect(answer.status).toBe(303);
  return { location: answer.headers.get("location") ?? "", state: stateOf(answer.headers.get("location")) };
}

/** As an operator would write one. */
const loginHandler: LoginHandler = async (request, completeUserCheck) => {
  if (request.method === "GET")
    return new Response(`<input name="state" value="${new URL(request.url).searchParams.get("state")}">`);
  const form = new URLSearchParams(await request.text());
  const text = (name: string) => form.get(name) ?? "";
  try {
    const location = await completeUserCheck(text("state"), text("username"), text("password"));
    return new Response(null, { status: 303, headers: { location } });
  } catch (error) {
    return new Response((error as Error).message, { status: 403 });
  }
};

const ISSUERS: readonly (readonly [string, string, OAuthServerOptions])[] = [
  ["localhost", "http://localhost:9000", {}],
  ["127.0.0.1", "http://127.0.0.1:9000", {}],
  ["another address of this computer", "http://127.8.8.8:9000", {}],
  ["[::1]", "http://[::1]:9000", {}],
  ["a name below localhost", "http://mcp.localhost:9000", {}],
  ["localhost over TLS, whose cookies know no ports either", "https://localhost:9443", {}],
  ["localhost under its absolute name", "https://localhost.:9443", {}],
  ["an address that is 127.0.0.1 in IPv6", "https://[::ffff:127.0.0.1]:9443", {}],
  ["plain http on a network", "http://gate.test:9000", {}],
  ["localhost with a page of the operator's own", "http://localhost:9000", { loginHandler }],
];

describe.each(ISSUERS)("where cookies reach other programs: %s", (_name, origin, options) => {
  it("a client that was denied does not approve itself with what its port was sent", async () => {
    const server = await startAt(origin, options);
    const { clientId, url } = await newClient(server);
    const browser = openBrowser(server);
    const before = await begin(browser, url);
    const cookies = [browser.cookie()];
    const { state } = await finishSignIn(browser, before);
    cookies.push(browser.cookie());
    expect((await decide(browser, state, "deny")).headers.get("location")).toContain("error=access_denied");
    cookies.push(browser.cookie());
    expect(await steal(server, { cookies, states: [before], clientId, redirectUri: CALLBACK })).toEqual([]);
    expect(await server.store.listGrants({})).toEqual([]);
  });

  it("nor while the consent page is open, and the person can still approve", async () => {
    const server = await startAt(origin, options);
    const { clientId, url, verifier } = await newClient(server);
    const browser = openBrowser(server);
    const before = await begin(browser, url);
    const cookies = [browser.cookie()];
    const { location, state } = await finishSignIn(browser, before);
    await browser.request(location);
    cookies.push(browser.cookie(), [...cookies, browser.cookie()].join("; "));
    expect(await steal(server, { cookies, states: [before], clientId, redirectUri: CALLBACK })).toEqual([]);
    expect(await server.store.listGrants({})).toEqual([]);
    const code = codeOf((await decide(browser, state, "approve")).headers.get("location"));
    await tokensOf(redeem(server, clientId, { code, verifier }, { redirect_uri: CALLBACK }));
  });

  it("nor by a request that it began itself and had the person sign in to, with its own cookie", async () => {
    const server = await startAt(origin, options);
    const { clientId, url } = await newClient(server);
    const thief = openBrowser(server);
    const before = await begin(thief, url);
    const browser = openBrowser(server);
    const planted = thief.cookie();
    const answer = await browser.submit(
      "/oauth/login",
      { state: before, username: "ada", password: "lovelace" },
      { headers: { cookie: planted } },
    );
    expect(answer.status).toBe(303);
    const state = stateOf(answer.headers.get("location"));
    const cookies = [planted, browser.cookie()];
    expect(await steal(server, { cookies, states: [before], clientId, redirectUri: CALLBACK })).toEqual([]);
    // Not even with the address of the consent page, without the cookie that came with it.
    expect(
      await steal(server, { cookies: ["", planted], states: [state], clientId, redirectUri: CALLBACK }),
    ).toEqual([]);
    expect(await server.store.listGrants({})).toEqual([]);
  });

  it("a sign-in counts for its own request: the next one asks again, and prompt=none says so", async () => {
    const server = await startAt(origin, options);
    const { url } = await newClient(server);
    const browser = openBrowser(server);
    const { state } = await finishSignIn(browser, await begin(browser, url));
    const next = async (changes = "") =>
      (await browser.request(`${url}${changes}`)).headers.get("location") ?? "";
    expect(new URL(await next(), origin).pathname).toBe("/oauth/login");
    expect(new URL(await next("&prompt=none")).searchParams.get("error")).toBe("login_required");
    await decide(browser, state, "approve");
    expect(new URL(await next(), origin).pathname).toBe("/oauth/login");
  });

  it("has one small cookie for each request, which ends with the request", async () => {
    const server = await startAt(origin, options);
    const { url } = await newClient(server);
    const browser = openBrowser(server);
    const begun = await browser.request(url);
    const before = stateOf(begun.headers.get("location"));
    server.advance(60);
    const answer = await browser.submit("/oauth/login", {
      state: before,
      username: "ada",
      password: "lovelace",
    });
    const secure = origin.startsWith("https:");
    const [[first = "", ...more], [second = "", ...others]] = [
      begun.headers.getSetCookie(),
      answer.headers.getSetCookie(),
    ];
    expect([more, others]).toEqual([[], []]);
    for (const line of [first, second]) {
      expect(line).toMatch(secure ? /^__Host-gatehouse-request-[\w-]{8}=/ : /^gatehouse-request-[\w-]{8}=/);
      for (const flag of ["HttpOnly", "SameSite=Lax", "Path=/"]) expect(line).toContain(flag);
      expect(line.includes("Secure")).toBe(secure);
      expect(line).not.toContain("Domain");
      expect(line.length).toBeLessThan(200);
    }
    expect(first.split("=")[0]).toBe(second.split("=")[0]);
    expect(first).toContain("Max-Age=1800;");
    expect(second).toContain("Max-Age=1740;");
    const denied = await decide(browser, stateOf(answer.headers.get("location")), "deny");
    expect(denied.headers.getSetCookie()).toEqual([expect.stringMatching(/=; Max-Age=0;/)]);
    expect(browser.cookie()).toBe("");
  });
});

describe("several requests at once on localhost", () => {
  const start = () => startAt("http://localhost:9000");

  it("two tabs, each with a sign-in of its own, and of another person", async () => {
    const server = await start();
    const [left, right] = [await newClient(server), await newClient(server)];
    const browser = openBrowser(server);
    const [leftBefore, rightBefore] = [await begin(browser, left.url), await begin(browser, right.url)];
    const rightTab = await finishSignIn(browser, rightBefore, "grace", "hopper");
    const leftTab = await finishSignIn(browser, leftBefore);
    for (const { location } of [rightTab, leftTab, rightTab])
      expect((await browser.request(location)).status).toBe(200);
    for (const [tab, id] of [
      [rightTab, "grace"],
      [leftTab, "ada"],
    ] as const) {
      expect((await decide(browser, tab.state, "approve")).headers.get("location")).toContain("code=");
      expect((await server.store.listGrants({})).some((grant) => grant.person.id === id)).toBe(true);
    }
  });

  it("five can all be approved, the last one first", async () => {
    const server = await start();
    const { url } = await newClient(server);
    const browser = openBrowser(server);
    const states: string[] = [];
    for (let i = 0; i < 5; i++) states.push((await signIn(browser, url)).state);
    for (const state of states.reverse()) {
      expect((await decide(browser, state, "approve")).headers.get("location")).toContain("code=");
    }
  });

  it.each<[string, (cookies: readonly string[]) => readonly string[]]>([
    ["oldest first", (cookies) => cookies],
    ["youngest first", (cookies) => cookies.toReversed()],
    ["the oldest in the middle", ([oldest = "", ...others]) => others.toSpliced(2, 0, oldest)],
  ])("a sixth lets go of the oldest, when the browser sends them %s", async (_what, ordered) => {
    const server = await start();
    const { url } = await newClient(server);
    const browser = openBrowser(server);
    const begun: string[] = [];
    for (let i = 0; i < 5; i++) {
      begun.push(await begin(browser, url));
      server.advance(1);
    }
    // A sign-in makes a request no younger.
    const { state: oldest } = await finishSignIn(browser, begun[0] ?? "");
    const cookie = ordered(browser.cookie().split("; ")).join("; ");
    const sixth = await browser.request(url, {
      headers: { cookie: `other=1; ${cookie}; gatehouse-request-x=1` },
    });
    expect(sixth.headers.getSetCookie()).toHaveLength(2);
    expect(browser.cookie().split("; ")).toHaveLength(5);
    const refused = await decide(browser, oldest, "approve");
    expect(refused.status).toBe(403);
    expect(await refused.text()).toContain("too many others");
    for (const before of [...begun.slice(1), stateOf(sixth.headers.get("location"))]) {
      const { state } = await finishSignIn(browser, before);
      expect((await decide(browser, state, "approve")).headers.get("location")).toContain("code=");
    }
  });

  it("a cookie that somebody else set, and nobody can read, is let go of before any other", async () => {
    const server = await start();
    const { url } = await newClient(server);
    const browser = openBrowser(server);
    const states: string[] = [];
    for (let i = 0; i < 4; i++) states.push((await signIn(browser, url)).state);
    const cookie = `gatehouse-request-planted1=!; ${browser.cookie()}`;
    const fifth = await browser.request(url, { headers: { cookie } });
    expect(fifth.headers.getSetCookie()).toContainEqual(
      expect.stringMatching(/^gatehouse-request-planted1=; Max-Age=0;/),
    );
    for (const state of states)
      expect((await decide(browser, state, "approve")).headers.get("location")).toContain("code=");
  });

  it("twenty leave five cookies, all of them together under 600 characters", async () => {
    const server = await start();
    const { url } = await newClient(server);
    const browser = openBrowser(server);
    for (let i = 0; i < 20; i++) await signIn(browser, url);
    expect(browser.cookie().split("; ")).toHaveLength(5);
    expect(browser.cookie().length).toBeLessThan(600);
  });
});

describe("one request on localhost", () => {
  const start = async () => {
    const server = await startAt("http://localhost:9000");
    const client = await newClient(server);
    const browser = openBrowser(server);
    const before = await begin(browser, client.url);
    return { server, ...client, browser, before };
  };

  it("a reload of the consent page, the login page again, and a second sign-in go on", async () => {
    const { browser, before } = await start();
    const first = await finishSignIn(browser, before);
    for (let i = 0; i < 2; i++) expect((await browser.request(first.location)).status).toBe(200);
    expect((await browser.request(`/oauth/login?state=${encodeURIComponent(before)}`)).status).toBe(200);
    const second = await finishSignIn(browser, before);
    expect((await decide(browser, second.state, "approve")).headers.get("location")).toContain("code=");
  });

  it("approving again gives the same code, and says so once the client has connected", async () => {
    const { server, clientId, verifier, browser, before } = await start();
    const { state } = await finishSignIn(browser, before);
    const [first, second] = [
      await decide(browser, state, "approve"),
      await decide(browser, state, "approve"),
    ];
    const code = codeOf(first.headers.get("location"));
    expect(codeOf(second.headers.get("location"))).toBe(code);
    await tokensOf(redeem(server, clientId, { code, verifier }, { redirect_uri: CALLBACK }));
    expect(await (await decide(browser, state, "approve")).text()).toContain("Already connected");
  });

  it("one that an earlier release sealed with the person in it, as a cookie alone could have it, does not count", async () => {
    const server = await startAt("http://localhost:9000", { secret: SECRET });
    const { url } = await newClient(server);
    const keyring = createKeyring([SECRET]);
    const sealer = { keyring, clock: server.now, issuer: "http://localhost:9000" };
    const binding = createBrowserBinding({ ...server.settings, ...sealer, store: server.store });
    const before = openBrowser(server);
    await finishSignIn(before, await begin(before, url));
    const browser = openBrowser(server);
    const opened = await keyring.open("authorization-request", await begin(browser, url));
    const { request: asked } = JSON.parse(opened ?? "") as { readonly request: AuthorizationRequest };
    const signedIn = { person: { id: "ada" }, signedInAt: server.now(), authenticatedAt: server.now() };
    const earlier = await sealRequest({ ...asked, ...signedIn, signIn: undefined }, sealer);
    expect((await decide(browser, earlier, "approve")).status).toBe(403);
    expect(await server.store.listGrants({})).toEqual([]);
    // It is only the sign-in that it lacks.
    const { signIn, setCookies } = binding.newSignIn(new Request(url), asked, {
      method: "password",
      secondFactor: undefined,
      address: undefined,
      userAgent: undefined,
      authenticatedAt: server.now(),
      upstream: undefined,
    });
    const cookie = setCookies[0]?.split(";")[0] ?? "";
    const state = await sealRequest({ ...asked, ...signedIn, signIn }, sealer);
    const answer = await browser.submit(
      "/oauth/consent",
      { state, decision: "approve" },
      { headers: { cookie } },
    );
    expect(answer.headers.get("location")).toContain("code=");
  });

  it("of a person who was removed, and of whom there is a new one since, approves nothing", async () => {
    const { server, url, browser, before } = await start();
    const { state } = await finishSignIn(browser, before);
    await server.store.removePerson("ada", server.now(), sampleEntry("person.removed"));
    server.advance(1);
    const elsewhere = openBrowser(server);
    await finishSignIn(elsewhere, await begin(elsewhere, url));
    expect((await decide(browser, state, "approve")).status).toBe(403);
    expect(await server.store.listGrants({})).toEqual([]);
  });

  it("denied is denied: the same page approves nothing afterwards", async () => {
    const { server, browser, before } = await start();
    const { state } = await finishSignIn(browser, before);
    await decide(browser, state, "deny");
    expect((await decide(browser, state, "approve")).status).toBe(403);
    expect(await server.store.listGrants({})).toEqual([]);
  });

  it("another account takes the place of the first one, whose page says how to go on", async () => {
    const { server, browser, before } = await start();
    const ada = await finishSignIn(browser, before);
    const page = await (await browser.request(ada.location)).text();
    const link = /href="([^"]*\/oauth\/login[^"]*)"/.exec(page)?.[1]?.replaceAll("&amp;", "&") ?? "";
    const grace = await finishSignIn(browser, stateOf(link), "grace", "hopper");
    const refused = await decide(browser, ada.state, "approve");
    expect(refused.status).toBe(403);
    expect(refused.headers.get("location")).toBeNull();
    const again = /href="([^"]*\/oauth\/login[^"]*)"/
      .exec(await refused.text())?.[1]
      ?.replaceAll("&amp;", "&");
    expect((await browser.request(again ?? "")).status).toBe(200);
    await decide(browser, grace.state, "approve");
    expect((await server.store.listGrants({})).map(({ person }) => person.id)).toEqual(["grace"]);
  });
});
