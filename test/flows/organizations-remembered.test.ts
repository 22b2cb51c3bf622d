import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { OrganizationAnswer } from "../../src/config/organization-options.ts";
import { authorizeUrl, codeOf, newPkce, redeem, refresh, tokensOf } from "../support/client.ts";
import { claimsOf, SECRET } from "../support/forge.ts";
import { ACME, approveFor, GLOBEX, startWithOrganizations } from "../support/organizations.ts";
import { type Browser, CONSENT, openBrowser, signIn } from "../support/person.ts";
import { approveFirst, ask, endOf, REPORTS } from "../support/remembered.ts";
import { closeServers, startServer, type TestServer } from "../support/server.ts";

// A consent is remembered for its organization alone, and while the person may still choose that one (decision 0050).

async function approve(server: TestServer, organization: string | undefined): Promise<Browser> {
  const browser = openBrowser(server);
  const { verifier, challenge } = newPkce();
  const { state } = await signIn(browser, authorizeUrl(REPORTS.id, challenge, { prompt: "consent" }));
  const answer = await approveFor(browser, state, organization === undefined ? [] : [organization]);
  const code = codeOf(answer.headers.get("location"));
  await tokensOf(redeem(server, REPORTS.id, { code, verifier }));
  return browser;
}

/** A server with a client whose consent is remembered, which Ada has approved for these, one after the other. */
async function remembering(
  organizations: readonly (string | undefined)[],
  offered: readonly OrganizationAnswer[] = [ACME, GLOBEX],
  more: { readonly required?: boolean } = {},
) {
  const started = await startWithOrganizations(more, { clients: [REPORTS] });
  started.answers(offered);
  let browser = openBrowser(started.server);
  for (const organization of organizations) {
    browser = await approve(started.server, organization);
    started.server.advance(1);
  }
  return { ...started, browser };
}

describe("a remembered consent", () => {
  it("is for the organization that the person chose, and the token says so", async () => {
    const { server, browser } = await remembering(["globex"]);
    const ending = await ask(browser);
    if (ending.kind !== "code") throw new Error(endOf(ending));
    const { access_token, refresh_token } = await tokensOf(redeem(server, REPORTS.id, ending));
    expect(claimsOf(access_token)).toMatchObject({ org_id: "globex" });
    await tokensOf(refresh(server, REPORTS.id, refresh_token));
    const audit = await server.store.readAudit({ order: "newest_first", limit: 10 });
    expect(audit.find(({ event }) => event === "consent.remembered")?.fields).toMatchObject({
      organization: "globex",
      organization_name: "Globex",
    });
  });

  it("asks the operator's function once for it", async () => {
    const { browser, asked } = await remembering(["acme"]);
    asked.length = 0;
    expect(endOf(await ask(browser))).toBe("code");
    expect(asked).toHaveLength(1);
    expect(endOf(await ask(browser, { scope: "mcp todo:write" }))).toBe(CONSENT);
    expect(asked).toHaveLength(2);
  });

  it("is none for a person who has left that organization, and the page does not tick it", async () => {
    const { server, browser, answers } = await remembering(["acme"]);
    answers([GLOBEX, { id: "initech", name: "Initech" }]);
    const ending = await ask(browser);
    if (ending.kind !== "page") throw new Error(endOf(ending));
    expect(ending.html).not.toContain("Acme");
    expect(ending.html).not.toMatch(/name="organization"[^>]* checked/);
    expect(endOf(await ask(browser, { prompt: "none" }))).toBe("consent_required");
    expect(await server.store.listGrants({})).toHaveLength(1);
  });

  it("is none where the person approved two: only they know which one is meant", async () => {
    const { browser } = await remembering(["acme", "globex"]);
    const ending = await ask(browser);
    if (ending.kind !== "page") throw new Error(endOf(ending));
    const [ticked, ...more] = ending.html.match(/<input[^>]*name="organization"[^>]* checked>/g) ?? [];
    expect(ticked).toContain('value="globex"');
    expect(more).toEqual([]);
  });

  it("from before there was anything to choose is none now, nor the other way round", async () => {
    const before = await remembering([undefined], []);
    expect(endOf(await ask(before.browser))).toBe("code");
    before.answers([ACME]);
    expect(endOf(await ask(before.browser))).toBe(CONSENT);
    const after = await remembering(["acme"]);
    after.answers([]);
    expect(endOf(await ask(after.browser))).toBe(CONSENT);
  });

  it("without an organization is none where one is required", async () => {
    const { server, browser, answers } = await remembering(["acme"], [ACME], { required: true });
    answers([]);
    const ending = await ask(browser);
    expect(ending).toMatchObject({ kind: "page", path: CONSENT, status: 403 });
    expect(endOf(await ask(browser, { prompt: "none" }))).toBe("consent_required");
    expect(await server.store.listGrants({})).toHaveLength(1);
  });

  it("from before one was required is none now, for a person who belongs to none", async () => {
    const folder = mkdtempSync(join(tmpdir(), "gatehouse-organizations-"));
    try {
      const options = { database: join(folder, "gatehouse.db"), secret: SECRET, clients: [REPORTS] };
      await approveFirst(await startServer(options));
      await closeServers();
      const { server, answers } = await startWithOrganizations({ required: true }, options);
      answers([]);
      const browser = openBrowser(server);
      await signIn(browser, authorizeUrl(REPORTS.id, newPkce().challenge));
      expect(await ask(browser)).toMatchObject({ kind: "page", path: CONSENT, status: 403 });
      expect(await server.store.listGrants({})).toHaveLength(1);
    } finally {
      await closeServers();
      rmSync(folder, { recursive: true });
    }
  });

  it("waits where the function gives no answer: a page, or an error for a client that wants none", async () => {
    const { server, browser, answers } = await remembering(["acme"]);
    answers(() => {
      throw new Error("down");
    });
    expect(await ask(browser)).toMatchObject({ kind: "page", status: 503 });
    expect(endOf(await ask(browser, { prompt: "none" }))).toBe("temporarily_unavailable");
    expect(await server.store.listGrants({})).toHaveLength(1);
  });
});
