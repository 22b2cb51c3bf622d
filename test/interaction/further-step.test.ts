import { afterEach, describe, expect, it } from "vitest";
import { authorizeUrl, codeOf, newPkce, redeem, register, tokensOf } from "../support/client.ts";
import { answerOf, type Browser, decide, openBrowser, signIn, stateOf } from "../support/person.ts";
import { ask, endOf, followToEnd, REPORTS } from "../support/remembered.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { codeStep } from "./code-step.ts";

const ISSUER = "https://mcp.example";
const CODES: Readonly<Record<string, string>> = { ada: "111111", grace: "222222" };

let server: TestServer;

/** A server whose people type a code between the sign-in and the decision. */
async function start(options: Parameters<typeof startServer>[0] = {}): Promise<void> {
  server = await startServer(options, { furtherSteps: [codeStep((id) => CODES[id] ?? "", ISSUER)] });
}

afterEach(async () => {
  await server.drain();
  await server.close();
});

async function begin(client?: string, browser: Browser = openBrowser(server)) {
  const clientId = client ?? (await register(server)).client_id;
  const { verifier, challenge } = newPkce();
  const url = authorizeUrl(clientId, challenge);
  return { browser, clientId, verifier, url };
}

async function typeCode(browser: Browser, state: string, code: string): Promise<Response> {
  return browser.submit("/oauth/code", { state, code });
}

describe("a step between the sign-in and the decision", () => {
  it("comes after the password, and the decision after it", async () => {
    await start();
    const { browser, clientId, verifier, url } = await begin();
    const toCode = await signIn(browser, url);
    expect(new URL(toCode.location).pathname).toBe("/oauth/code");
    expect(await (await browser.request(toCode.location)).text()).toBe("Type your code.");
    const toConsent = (await typeCode(browser, toCode.state, "111111")).headers.get("location");
    expect(new URL(toConsent ?? "").pathname).toBe("/oauth/consent");
    expect(await (await browser.request(toConsent ?? "")).text()).toContain("Ada Lovelace");
    const answer = await decide(browser, stateOf(toConsent), "approve", ["mcp"]);
    const code = codeOf(answer.headers.get("location"));
    expect((await tokensOf(redeem(server, clientId, { code, verifier }))).scope).toBe("mcp");
  });

  it("cannot be left out: nothing can be seen or approved with what is sealed before it", async () => {
    await start();
    const { browser, url } = await begin();
    const { state } = await signIn(browser, url);
    const page = await browser.request(`/oauth/consent?state=${encodeURIComponent(state)}`);
    expect(page.status).toBe(403);
    expect(await page.text()).not.toContain("Approve");
    expect((await decide(browser, state, "approve", ["mcp"])).status).toBe(403);
    expect((await decide(browser, state, "deny")).status).toBe(403);
    expect(await server.store.listGrants({})).toEqual([]);
    expect(server.lines).toContainEqual({
      name: "request.refused",
      fields: expect.objectContaining({ reason: "consent before code" }),
    });
  });

  it("is asked again for a wrong answer, and lets no other browser on", async () => {
    await start();
    const { browser, url } = await begin();
    const { state } = await signIn(browser, url);
    const wrong = await typeCode(browser, state, "222222");
    expect(wrong.status).toBe(403);
    expect(wrong.headers.get("location")).toBeNull();
    expect((await typeCode(openBrowser(server), state, "111111")).status).toBe(403);
    expect((await typeCode(browser, state, "111111")).status).toBe(303);
  });

  it("cannot come before the sign-in", async () => {
    await start();
    const { browser, url } = await begin();
    const state = stateOf((await browser.request(url)).headers.get("location"));
    const page = await browser.request(`/oauth/code?state=${encodeURIComponent(state)}`);
    expect(page.status).toBe(403);
    expect(await page.text()).toContain("signed in for this request yet");
  });

  it("is passed once: its page is no way back", async () => {
    await start();
    const { browser, url } = await begin();
    const { state } = await signIn(browser, url);
    const toConsent = (await typeCode(browser, state, "111111")).headers.get("location");
    expect((await typeCode(browser, stateOf(toConsent), "111111")).status).toBe(403);
  });

  it("is the first step for a browser that is signed in, and each request has its own", async () => {
    await start();
    const first = await begin();
    const { state } = await signIn(first.browser, first.url);
    await typeCode(first.browser, state, "111111");
    const second = await begin(undefined, first.browser);
    const location = (await second.browser.request(second.url)).headers.get("location");
    expect(new URL(location ?? "").pathname).toBe("/oauth/code");
    expect((await decide(second.browser, stateOf(location), "approve", ["mcp"])).status).toBe(403);
  });

  it("counts for the person who passed it, and not for one who signs in after them", async () => {
    await start();
    const { browser, url } = await begin();
    const ada = await signIn(browser, url);
    const passed = (await typeCode(browser, ada.state, "111111")).headers.get("location");
    const page = await (await browser.request(passed ?? "")).text();
    const [, link = ""] = /href="([^"]*\/oauth\/login[^"]*)"/.exec(page) ?? [];
    let location: string | null = null;
    // By the link of the page, and with what is sealed after Ada's code.
    for (const state of [stateOf(link.replaceAll("&amp;", "&")), stateOf(passed)]) {
      const next = await browser.submit("/oauth/login", { state, username: "grace", password: "hopper" });
      location = next.headers.get("location");
      expect(new URL(location ?? "").pathname).toBe("/oauth/code");
    }
    expect((await typeCode(browser, stateOf(location), "111111")).status).toBe(403);
    expect((await typeCode(browser, stateOf(location), "222222")).status).toBe(303);
    // Ada's page is left over: she is not signed in any more.
    expect((await decide(browser, stateOf(passed), "approve", ["mcp"])).status).toBe(403);
    expect(await server.store.listGrants({})).toEqual([]);
  });

  it("counts in the sign-in in which it was passed, and in no later one of the same person", async () => {
    await start();
    const { browser, url } = await begin();
    const first = await signIn(browser, url);
    const passed = (await typeCode(browser, first.state, "111111")).headers.get("location");
    // With the password alone, and without the code.
    const again = await begin(undefined, browser);
    await browser.submit("/oauth/login", {
      state: first.state,
      username: "ada",
      password: "lovelace",
    });
    expect((await decide(browser, stateOf(passed), "approve", ["mcp"])).status).toBe(403);
    const location = (await again.browser.request(again.url)).headers.get("location");
    expect(new URL(location ?? "").pathname).toBe("/oauth/code");
    expect(await server.store.listGrants({})).toEqual([]);
  });

  it("also follows a login page of the operator's own", async () => {
    await start({
      loginHandler: async (request, completeUserCheck) => {
        const form = new URLSearchParams(await request.text());
        const next = await completeUserCheck(form.get("state") ?? "", "ada", "lovelace");
        return new Response(null, { status: 303, headers: { location: next } });
      },
    });
    const { browser, url } = await begin();
    const { location } = await signIn(browser, url);
    expect(new URL(location).pathname).toBe("/oauth/code");
  });

  it("comes before a consent that is remembered, and is passed for each request", async () => {
    await start({ clients: [REPORTS] });
    const { browser, verifier, url } = await begin("reports");
    const { state } = await signIn(browser, url);
    const toConsent = await typeCode(browser, state, "111111");
    const answer = await decide(browser, stateOf(toConsent.headers.get("location")), "approve");
    await tokensOf(redeem(server, "reports", { code: codeOf(answer.headers.get("location")), verifier }));

    const silent = await ask(browser, { prompt: "none" });
    expect(silent).toEqual({ kind: "error", error: "consent_required" });
    const again = await ask(browser);
    if (again.kind !== "page") throw new Error(endOf(again));
    expect(again.path).toBe("/oauth/code");
    const skipped = await browser.request(`/oauth/consent?state=${encodeURIComponent(again.state)}`);
    expect(skipped.status).toBe(403);
    expect(await server.store.listGrants({})).toHaveLength(1);
    const passed = (await typeCode(browser, again.state, "111111")).headers.get("location");
    expect(endOf(await followToEnd(browser, passed ?? ""))).toBe("code");
  });

  it("leaves nothing that prompt=none could answer with", async () => {
    await start();
    const { browser, clientId, url } = await begin();
    await signIn(browser, url);
    const silent = await browser.request(authorizeUrl(clientId, newPkce().challenge, { prompt: "none" }));
    expect(new URL(await answerOf(silent)).searchParams.get("error")).toBe("consent_required");
  });
});
