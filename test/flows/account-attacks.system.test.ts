import { readdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { AccountActionName } from "../../src/pages/account/values.ts";
import { follow, openAccount, press, signInToAccount, textOf } from "../support/account.ts";
import { type Arranged, arrange, everything, finishAsAda, signInAgain } from "../support/account-arranged.ts";
import {
  ACTIONS,
  type Attack,
  arrangeFor,
  forge,
  formOf,
  NAMES,
  NEXT,
  openForms,
  PART_ACTIONS,
  withCookie,
} from "../support/account-forms.ts";
import { authorizeUrl, newPkce, register } from "../support/client.ts";
import { type Browser, openBrowser, stateOf } from "../support/person.ts";
import { comeBack } from "../support/redirecting-method.ts";
import { leadsTo } from "../support/sign-in/journey.ts";
import { sampleEntry } from "../support/store/samples.ts";
import { PASSWORD } from "../support/users.ts";

const FLIPPED = (token: string) => `${token.slice(0, -8)}${token.endsWith("AAAAAAAA") ? "B" : "A".repeat(8)}`;

/** What another site, or another program, could send. Each must be refused, for each action. */
const FORGERIES: Readonly<Record<string, Attack>> = {
  "from another site, as a browser sends it": (send) =>
    send({ headers: { "sec-fetch-site": "cross-site", origin: "https://evil.example" } }),
  "from another site that hides its origin": (send) =>
    send({ headers: { "sec-fetch-site": "cross-site", origin: "null" } }),
  "from a sibling site": (send) =>
    send({ headers: { "sec-fetch-site": "same-site", origin: "https://evil.mcp.example" } }),
  "from no site at all, as by a bookmark": (send) =>
    send({ headers: { "sec-fetch-site": "none", origin: undefined } }),
  "from another site, in a browser without Fetch Metadata": (send) =>
    send({ headers: { "sec-fetch-site": undefined, origin: "https://evil.example" } }),
  "from a sandboxed frame, in a browser without Fetch Metadata": (send) =>
    send({ headers: { "sec-fetch-site": undefined, origin: "null" } }),
  "from our name on another port": (send) =>
    send({ headers: { "sec-fetch-site": undefined, origin: "https://mcp.example:8443" } }),
  "with an origin that says nothing, and no token": (send) =>
    send({ token: "", headers: { "sec-fetch-site": undefined, origin: undefined } }),
  "without a token": (send) => send({ token: undefined }),
  "with an empty token": (send) => send({ token: "" }),
  "with a token that is made up": (send) => send({ token: "eyJhbGciOiJkaXIifQ..x.y.z" }),
  "with a token whose end is changed": (send, { page }) => send({ token: FLIPPED(page.token) }),
  "with the token of another session of the same person": (send, { there }) => send({ token: there.token }),
  "with another person's token": (send, { theirs }) => send({ token: theirs.token }),
  "with another person's session": (send, { grace }) => send({ browser: grace }),
  "with what is sealed for the sign-in": async (send, { open }) =>
    send({ token: stateOf((await open().request("/account")).headers.get("location")) }),
  "with the token of another server of the same secret": async (send, _arranged, action) => {
    const other = await openForms(action, await arrange({ publicUrl: "https://other.example" }));
    return send({ token: other.page.token });
  },
  "without the cookie": (send, { open }) => send({ browser: open() }),
  "with a cookie that is made up": (send) => send({ cookie: `__Host-gatehouse-session=${"a".repeat(43)}` }),
};

/** Where the code of each method with a part is, by the method's name. */
const METHOD_FOLDERS: Readonly<Record<string, string>> = {
  users: "users",
  passkeys: "passkeys",
  magic_link: "mail",
  totp: "totp",
};

/** Refused requests change nothing, so all of them are sent to one server. */
let one: Arranged;
beforeAll(async () => {
  one = await arrange({ own: "directory" });
});

describe("the actions that are attacked here", () => {
  it("are all that the parts of the methods have", () => {
    expect([...one.tap.actions].sort()).toEqual(Object.keys(PART_ACTIONS).sort());
  });

  it("are those of every folder that makes a part", async () => {
    const folder = resolve(import.meta.dirname, "../../src/authorization-server/sign-in");
    const files = await readdir(folder, { recursive: true });
    const makers = new Set<string>();
    for (const file of files) {
      if (!file.endsWith(".ts") || !file.includes("/")) continue;
      const text = await readFile(join(folder, file), "utf8");
      if (/\bAccountPart\b/.test(text)) makers.add(file.split("/")[0] ?? "");
    }
    const attacked = new Set(
      Object.keys(PART_ACTIONS).map((name) => METHOD_FOLDERS[name.split(".")[0] ?? ""]),
    );
    expect([...makers].sort()).toEqual([...attacked].sort());
  });
});

describe.each(NAMES)("the action %s", (action) => {
  let shared: Arranged;
  beforeAll(async () => {
    // A person with an app is asked for its code at each sign-in: the other actions have one without.
    shared = ACTIONS[action].needsApp ? await arrangeFor(action) : await openForms(action, one);
  });

  it.each(Object.entries(FORGERIES))("is refused %s, and nothing changes", async (_what, attack) => {
    const { answer, isSame } = await forge(action, shared, attack);
    expect(answer.status).toBe(403);
    expect(answer.headers.get("location")).toBeNull();
    expect(answer.headers.getSetCookie()).toEqual([]);
    expect(isSame).toBe(true);
  });

  it.each(["text/plain", "application/json", "multipart/form-data; boundary=x", ""])(
    "is refused as %j, which no form of ours sends",
    async (type) => {
      const { answer, isSame } = await forge(action, shared, (send) =>
        send({ headers: { "content-type": type } }),
      );
      expect(answer.status).toBe(400);
      expect(isSame).toBe(true);
    },
  );

  it("is refused where a field is repeated", async () => {
    const { answer, isSame } = await forge(action, shared, (send, { page }) =>
      send({ body: `action=${action}&action=sign_out&page_token=${encodeURIComponent(page.token)}` }),
    );
    expect(answer.status).toBe(400);
    expect(isSame).toBe(true);
  });

  it.each(["GET", "HEAD", "PUT", "DELETE", "PATCH"])("is not done by %s", async (method) => {
    const { server, browser, page, publicUrl } = shared;
    const fields = await ACTIONS[action].fields(shared);
    const before = await everything(server);
    const query = new URLSearchParams({ ...fields, action, page_token: page.token });
    const answer = await server.fetch(
      new Request(new URL(`/account?${query}`, publicUrl), {
        method,
        headers: { cookie: browser.cookie(), "sec-fetch-site": "cross-site" },
        redirect: "manual",
      }),
    );
    expect([200, 405]).toContain(answer.status);
    expect(await everything(server)).toBe(before);
  });

  it("is refused with a token of more than an hour ago", async () => {
    const at = await arrangeFor(action);
    at.server.advance(60 * 60);
    const { answer, isSame } = await forge(action, at, (send) => send({}));
    expect(answer.status).toBe(403);
    expect(isSame).toBe(true);
  });

  it("is refused with the token of the session before a new sign-in", async () => {
    const at = await arrangeFor(action);
    await signInAgain(at, at.page);
    const { answer, isSame } = await forge(action, at, (send) => send({}));
    expect(answer.status).toBe(403);
    expect(isSame).toBe(true);
  });

  it("is done with the page's own form, also by what is no browser", async () => {
    const { answer, isSame } = await forge(action, await arrangeFor(action), (send) =>
      send({ headers: { "sec-fetch-site": undefined, origin: undefined } }),
    );
    expect(answer.status).toBe(ACTIONS[action].status ?? 303);
    expect(isSame).toBe(ACTIONS[action].onlyLeads ?? false);
  });
});

describe.each(NAMES.filter((name) => ACTIONS[name].changes))(
  "the action %s, five minutes after",
  (action) => {
    it("the sign-in is done, and after that needs a new one", async () => {
      const at = await arrangeFor(action);
      at.server.advance(5 * 60 + 1);
      const { answer, isSame } = await forge(action, at, (send) => send({}));
      expect(leadsTo(answer)).toBe("/oauth/login");
      expect(isSame).toBe(true);
      const login = await (await at.browser.request(answer.headers.get("location") ?? "")).text();
      expect(textOf(login)).toContain("Sign in again");
      const page = await finishAsAda(at, answer);
      expect(textOf(page.html)).toContain("You signed in again.");
      const form = await formOf(action, at.browser, page);
      at.server.advance(5 * 60);
      const again = await forge(action, { ...at, page: form }, (send) => send({}));
      expect(again.answer.status).toBe(ACTIONS[action].status ?? 303);
      if (again.answer.status === 303) expect(leadsTo(again.answer)).not.toBe("/oauth/login");
    });

    it("the person proved themselves at the provider, however new the sign-in here is", async () => {
      const at = await arrangeFor(action);
      const browser = at.open();
      const state = stateOf((await browser.request("/account")).headers.get("location"));
      const stale = { subject: "ada", seconds_ago: String(5 * 60 + 1) };
      const page = await follow(browser, await comeBack(browser, "google", state, stale));
      expect(textOf(page.html)).toContain("To change anything here, sign in again first.");
      // They may have signed in here a second ago.
      expect(textOf(page.html)).not.toMatch(/minutes? ago/);
      const form = { ...at.page, token: page.token };
      const { answer, isSame } = await forge(action, { ...at, browser, page: form }, (send) => send({}));
      expect(leadsTo(answer)).toBe("/oauth/login");
      expect(isSame).toBe(true);
    });
  },
);

describe.each(NAMES.filter((name) => ACTIONS[name].holdsSession))("the action %s", (action) => {
  it("writes nothing once its session is ended elsewhere, while it is on its way", async () => {
    const at = await arrangeFor(action);
    let after = "";
    at.tap.meanwhile = async () => {
      const { store, now } = at.server;
      for (const { hash } of await store.listSessions("id of ada", now()))
        expect(await store.endSession("id of ada", hash, sampleEntry("session.ended"))).toBe(true);
      after = await everything(at.server);
    };
    const { answer } = await forge(action, at, (send) => send({}));
    expect(after).not.toBe("");
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(await everything(at.server)).toBe(after);
  });
});

describe("a sign-in for a change", () => {
  it("that the provider did not ask for anew does not count", async () => {
    const at = await arrange();
    const begun = await press(at.browser, at.page, "sign_in_again");
    const state = stateOf(begun.headers.get("location"));
    const answer = await comeBack(at.browser, "google", state, { subject: "ada", seconds_ago: "600" });
    expect(leadsTo(answer)).toBe("/oauth/login google sign_in_is_old");
    expect((await comeBack(at.browser, "google", state, { subject: "ada" })).status).toBe(303);
  });

  it("asks a provider for one", async () => {
    const at = await arrange();
    const begun = await press(at.browser, at.page, "sign_in_again");
    const state = stateOf(begun.headers.get("location"));
    const toProvider = await at.browser.request(`/oauth/google?${new URLSearchParams({ state })}`);
    expect(toProvider.headers.get("location")).toContain("prompt=login");
  });
});

describe("session fixation", () => {
  const sessionIn = (browser: Pick<Browser, "cookie">) =>
    /__Host-gatehouse-session=([^;]+)/.exec(browser.cookie())?.[1];

  it("a cookie that was set before is not adopted, and leads nowhere afterwards", async () => {
    const at = await arrange();
    const fixed = `__Host-gatehouse-session=${"f".repeat(43)}`;
    const victim = withCookie(at, fixed);
    await signInToAccount(victim, "ada", PASSWORD);
    expect(sessionIn(victim)).toBeDefined();
    expect(sessionIn(victim)).not.toBe("f".repeat(43));
    const attacker = await at.open().request("/account", { headers: { cookie: fixed } });
    expect(leadsTo(attacker)).toBe("/oauth/login");
  });

  it("a session of the attacker's own ends with the victim's sign-in, and does not become the victim's", async () => {
    const at = await arrange();
    const cookie = `__Host-gatehouse-session=${sessionIn(at.grace)}`;
    const victim = withCookie(at, cookie);
    // The victim sees whose it is; here they sign in with their own.
    expect(textOf((await openAccount(victim)).html)).toContain("grace of the test");
    const { client_id } = await register(at.server);
    const url = authorizeUrl(client_id, newPkce().challenge, { prompt: "login" });
    const state = stateOf((await victim.request(url)).headers.get("location"));
    expect((await victim.submit("/oauth/login", { state, username: "ada", password: PASSWORD })).status).toBe(
      303,
    );
    expect(leadsTo(await at.grace.request("/account"))).toBe("/oauth/login");
    expect(textOf((await openAccount(victim)).html)).toContain("ada of the test");
  });

  it("each sign-in has a secret of its own, and the one before is worth nothing", async () => {
    const at = await arrange();
    const seen = new Set([sessionIn(at.browser)]);
    let page = at.page;
    for (let round = 1; round < 4; round++) {
      const before = at.browser.cookie();
      page = await signInAgain(at, page);
      seen.add(sessionIn(at.browser));
      expect(seen.size).toBe(round + 1);
      const old = await at.open().request("/account", { headers: { cookie: before } });
      expect(leadsTo(old)).toBe("/oauth/login");
    }
  });

  it("no row and no page has the secret of the cookie", async () => {
    const at = await arrange();
    const secret = sessionIn(at.browser) ?? "";
    expect(secret).toHaveLength(43);
    expect(await everything(at.server)).not.toContain(secret);
    expect((await openAccount(at.browser)).html).not.toContain(secret);
    expect(JSON.stringify(at.server.lines)).not.toContain(secret);
  });
});

describe("what is another person's", () => {
  it("session is not ended by its id, and is answered like one that is not there", async () => {
    const at = await arrange();
    const [{ hash: session = "" } = {}] = await at.server.store.listSessions("id of grace", at.server.now());
    expect(session).not.toBe("");
    for (const id of [session, "x", ""]) {
      const after = await follow(
        at.browser,
        await press(at.browser, at.page, "end_session", { session: id }),
      );
      expect(textOf(after.html)).toContain("That session had ended already.");
    }
    await openAccount(at.grace);
  });

  it("nothing is on the page", async () => {
    const { page } = await arrange();
    expect(page.html.toLowerCase()).not.toContain("grace");
  });
});

describe("other sites", () => {
  it("cannot frame, embed or sniff any answer, and none is kept", async () => {
    const at = await arrange({ own: "directory" });
    const answers = [
      await at.browser.request("/account"),
      await press(at.browser, { token: "x" }, "sign_out"),
      await press(at.browser, at.page, "users.change_password", {
        current_password: "x",
        new_password: NEXT,
        repeated_password: NEXT,
      }),
      await press(at.browser, at.page, "x" as AccountActionName),
      await at.open().request("/account?signed_out"),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 403, 403, 400, 200]);
    for (const { headers } of answers) {
      expect(headers.get("x-frame-options")).toBe("DENY");
      expect(headers.get("content-security-policy")).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("access-control-allow-origin")).toBeNull();
    }
    // A click counts once the pointer has settled: see the tests of the pages.
    expect(at.page.html).toContain('class="settled');
  });

  it.each([
    "/account?next=https://evil.example",
    "/account?return_to=//evil.example&redirect_uri=https://evil.example&url=https://evil.example",
    "/account?continue=/\\evil.example#@evil.example",
    "//evil.example/account",
    "/account?page_token=https://evil.example&state=https://evil.example",
  ])("cannot lead a sign-in elsewhere with %s", async (url) => {
    const { server, publicUrl } = await arrange();
    const browser = openBrowser({
      fetch(request) {
        const { pathname, search } = new URL(request.url);
        const forwarded = new Request(`https://evil.example${pathname}${search}`, request);
        forwarded.headers.set("host", "evil.example");
        forwarded.headers.set("x-forwarded-host", "evil.example");
        forwarded.headers.set("forwarded", "host=evil.example");
        return server.fetch(forwarded);
      },
    });
    let location = new URL(url.replace("//evil.example", ""), publicUrl).href;
    const passed: string[] = [];
    for (let hops = 0; hops < 3; hops++) {
      const answer = await browser.request(location);
      const next = answer.headers.get("location");
      if (next === null) break;
      passed.push(next);
      location = next;
    }
    const state = stateOf(location);
    const signedIn = await browser.submit("/oauth/login", { state, username: "ada", password: PASSWORD });
    passed.push(signedIn.headers.get("location") ?? "");
    expect(passed.length).toBeGreaterThan(1);
    for (const one of passed) expect(new URL(one).origin).toBe(publicUrl);
    expect(new URL(passed.at(-1) ?? "").pathname).toBe("/account");
  });
});
