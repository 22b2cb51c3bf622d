import { describe, expect, it } from "vitest";
import type { OAuthServerOptions } from "../../src/config/options-schema.ts";
import {
  type AccountPage,
  follow,
  openAccount,
  press,
  signInToAccount,
  textOf,
  valuesOf,
} from "../support/account.ts";
import {
  authorize,
  callTool,
  connect,
  REDIRECT_URI,
  refresh,
  register,
  tokensOf,
} from "../support/client.ts";
import { type Browser, openBrowser } from "../support/person.ts";
import { startServer, type TestServer } from "../support/server.ts";
import {
  approveSample,
  CLIENT_GRANTED,
  REDEEMED,
  REVOKED,
  sampleApproval,
} from "../support/store/samples.ts";

const idOf = (token: string) => token.split(".")[0] ?? "";
const revocations = async ({ store }: Pick<TestServer, "store">) =>
  (await store.readAudit({ order: "newest_first", limit: 500 })).filter(
    ({ event }) => event === "grant.revoked",
  );

/** The times of a grant that lives for an hour. */
const livingFrom = (at: number) => {
  const end = at + 60 * 60 * 1000;
  return { createdAt: at, signedInAt: at, codeExpiresAt: end, refreshExpiresAt: end, endsAt: end };
};

/** Ada, signed in to her account, with one app. */
async function arrange(options: OAuthServerOptions = {}) {
  const server = await startServer(options);
  const connected = await connect(server, { scopes: ["mcp", "todo:write"] });
  const browser = openBrowser(server);
  const page = await signInToAccount(browser);
  return { server, browser, page, ...connected };
}

describe("the apps on the account page", () => {
  it("each have who proves it, where it leads, since when, when it was used, and what it can do", async () => {
    const { server, browser, clientId, refresh_token, access_token: first } = await arrange();
    const before = textOf((await openAccount(browser)).html);
    expect(before).toContain(
      `Test Client Registered itself and chose its own name. Sent you back to ${new URL(REDIRECT_URI).host}`,
    );
    expect(before).toContain(
      "What it can do: Use the tools Tools: echo, whoami. Change your list Tool: create_todo.",
    );
    expect(before).toContain("Since 1 Nov 2026, 00:00 UTC. Not used yet. Disconnect");

    const text = async () => textOf((await openAccount(browser)).html);
    server.advance(60);
    await callTool(server, first);
    await expect
      .poll(text)
      .toContain("Since 1 Nov 2026, 00:00 UTC. First used 1 Nov 2026, 00:01 UTC. Disconnect");

    server.advance(59 * 60);
    const { access_token } = await tokensOf(refresh(server, clientId, refresh_token));
    const renewed = "Since 1 Nov 2026, 00:00 UTC. Access last renewed 1 Nov 2026, 01:00 UTC.";
    expect(await text()).toContain(`${renewed} Not used since then. Disconnect`);
    server.advance(60);
    await callTool(server, access_token);
    await expect.poll(text).toContain(`${renewed} Used since then, first 1 Nov 2026, 01:01 UTC. Disconnect`);
  });

  it("have the organization that the person chose, in the operator's word for it", async () => {
    const server = await startServer({ organizations: { of: () => [], called: "Workspace" } });
    const browser = openBrowser(server);
    await signInToAccount(browser);
    await approveSample(server.store, {
      person: { id: "ada" },
      organization: { id: "acme", name: "Acme <Ltd>" },
      ...livingFrom(server.now()),
    });
    expect(textOf((await openAccount(browser)).html)).toContain("Workspace: Acme &lt;Ltd&gt;");
  });

  it("say how the operator and a document's host vouch for them", async () => {
    const server = await startServer({
      clients: [
        { id: "reports", name: "Reports", secret: "a secret, and a long one", redirectUris: [REDIRECT_URI] },
      ],
    });
    await authorize(server, "reports");
    const page = await signInToAccount(openBrowser(server));
    expect(textOf(page.html)).toContain("Reports Added by the operator of Test App. It has a key or secret.");
    expect(textOf(page.html)).toContain("You approved it, but it has not connected yet.");
  });

  it("say so where the operator has taken the app out of the options", async () => {
    const { server, page } = await arrange();
    await approveSample(server.store, {
      id: "left",
      person: { id: "ada" },
      clientId: "gone",
      clientName: "Gone",
      redirectUri: "ftp://no.longer.allowed/",
      ...livingFrom(server.now()),
    });
    expect(textOf(page.html)).not.toContain("Gone");
    const again = await signInToAccount(openBrowser(server));
    expect(textOf(again.html)).toContain("Gone This server no longer knows this app. What it can do:");
  });

  it("ask no document's host anything", async () => {
    let asked = 0;
    const server = await startServer(
      {},
      {
        fetchDocument: async () => {
          asked += 1;
          throw new Error("unreachable");
        },
      },
    );
    const browser = openBrowser(server);
    await signInToAccount(browser);
    const clientId = "https://client.example/metadata.json";
    await approveSample(server.store, {
      person: { id: "ada" },
      clientId,
      clientName: "Documented",
      ...livingFrom(server.now()),
    });
    expect(textOf((await openAccount(browser)).html)).toContain("Documented from client.example");
    expect(asked).toBe(0);
  });

  it("say why one was refused last", async () => {
    const { server, browser, clientId, refresh_token } = await arrange();
    await refresh(server, clientId, refresh_token, { scope: "todo:read" });
    expect(textOf((await openAccount(browser)).html)).toContain(
      "Last refused 1 Nov 2026, 00:00 UTC: it asked for something that you did not allow.",
    );
  });

  it("show nothing of other people's", async () => {
    const { server } = await arrange();
    const grace = openBrowser(server);
    const page = await signInToAccount(grace, "grace", "hopper");
    expect(textOf(page.html)).toContain("No app is connected.");
    expect(textOf(page.html)).not.toContain("Disconnect all apps");
  });

  it("escape what a client called itself", async () => {
    const server = await startServer();
    const { client_id } = await register(server, { client_name: '<img src=x onerror="alert(1)">' });
    await authorize(server, client_id);
    const browser = openBrowser(server);
    const { html } = await signInToAccount(browser);
    expect(html).not.toContain("<img");
    const timeline = await (await browser.request("/account/timeline")).text();
    expect(timeline).toContain("&lt;img");
    expect(timeline).not.toContain("<img");
  });
});

describe("ending an app", () => {
  it("ends its tokens at once, with an entry of its own, and no other app", async () => {
    const { server, browser, page, clientId, access_token, refresh_token } = await arrange();
    const other = await connect(server);
    expect((await callTool(server, access_token)).status).toBe(200);
    const ended = await press(browser, page, "end_app", { grant: idOf(refresh_token) });
    expect((await callTool(server, access_token)).status).toBe(401);
    expect((await refresh(server, clientId, refresh_token)).status).toBe(400);
    expect((await callTool(server, other.access_token)).status).toBe(200);
    expect(textOf((await follow(browser, ended)).html)).toContain("The app is disconnected.");
    expect(await revocations(server)).toMatchObject([
      {
        fields: {
          grant: idOf(refresh_token),
          client: clientId,
          client_name: "Test Client",
          person: "ada",
          reason: "person",
        },
      },
    ]);
    expect(server.lines.filter(({ name }) => name === "grant.revoked")).toHaveLength(1);
  });

  it.each<[string, (server: TestServer, grant: string) => Promise<unknown>]>([
    ["ended before", ({ store, now }, grant) => store.revokeGrant(grant, "operator", now(), REVOKED)],
    ["is past its end", async (server) => server.advance(366 * 24 * 60 * 60)],
  ])("that %s changes nothing, and has no further entry", async (_what, end) => {
    const { server, refresh_token } = await arrange();
    const grant = idOf(refresh_token);
    await end(server, grant);
    const before = [await server.store.findGrant(grant), await revocations(server)];
    const browser = openBrowser(server);
    const page = await signInToAccount(browser);
    const answer = await follow(browser, await press(browser, page, "end_app", { grant }));
    expect(textOf(answer.html)).toContain("That app was disconnected already.");
    expect([await server.store.findGrant(grant), await revocations(server)]).toEqual(before);
  });

  it("twice at once ends it once", async () => {
    const { server, browser, page, refresh_token } = await arrange();
    const pressed = () => press(browser, page, "end_app", { grant: idOf(refresh_token) });
    await Promise.all([pressed(), pressed(), pressed()]);
    expect(await revocations(server)).toHaveLength(1);
  });

  it("of somebody else is answered like one that is not there, and changes nothing", async () => {
    const { server, access_token, refresh_token } = await arrange();
    const grace = openBrowser(server);
    const page = await signInToAccount(grace, "grace", "hopper");
    const texts = await Promise.all(
      [idOf(refresh_token), "nothing", ""].map(async (grant) =>
        textOf((await follow(grace, await press(grace, page, "end_app", { grant }))).html),
      ),
    );
    expect(new Set(texts).size).toBe(1);
    expect(texts[0]).toContain("That app was disconnected already.");
    await press(grace, page, "end_all_apps");
    expect((await callTool(server, access_token)).status).toBe(200);
    expect(await revocations(server)).toEqual([]);
  });

  it("all of them ends what the person has, also what is on no page yet, in one entry", async () => {
    const { server, browser, page, access_token } = await arrange();
    const later = await connect(server);
    const theirs = await connect(server, { username: "grace", password: "hopper" });
    for (const token of [access_token, later.access_token])
      expect((await callTool(server, token)).status).toBe(200);
    const ended = await press(browser, page, "end_all_apps");
    for (const token of [access_token, later.access_token])
      expect((await callTool(server, token)).status).toBe(401);
    expect((await callTool(server, theirs.access_token)).status).toBe(200);
    const after = await follow(browser, ended);
    expect(textOf(after.html)).toContain("All your apps are disconnected. Who you are");
    expect(textOf(after.html)).toContain("No app is connected.");
    expect(await revocations(server)).toMatchObject([{ fields: { person: "ada", reason: "person" } }]);
    const again = await follow(browser, await press(browser, after, "end_all_apps"));
    expect(textOf(again.html)).toContain("No app was connected.");
    expect(await revocations(server)).toHaveLength(1);
  });

  it("is not possible for a program whose id the person has, nor is its grant shown", async () => {
    const { server, browser, page } = await arrange();
    const { id } = await server.store.grantToProgram(
      sampleApproval({
        id: "own",
        clientId: "ada",
        clientName: "Nightly job",
        person: { id: "ada" },
        redirectUri: "",
        ...livingFrom(server.now()),
      }),
      CLIENT_GRANTED,
    );
    expect(textOf((await openAccount(browser)).html)).not.toContain("Nightly job");
    await press(browser, page, "end_app", { grant: id });
    await press(browser, page, "end_all_apps");
    expect(await server.store.findGrant(id)).toMatchObject({ revokedAt: null });
  });

  it("leads back to the page that the button was on, and to no other address", async () => {
    const { browser, page } = await arrange();
    const to = async (view: string) =>
      new URL((await press(browser, page, "end_app", { grant: "x", view })).headers.get("location") ?? "");
    expect((await to("apps")).pathname).toBe("/account/apps");
    for (const view of ["account", "https://evil.example/", "//evil.example", ""]) {
      expect((await to(view)).pathname).toBe("/account");
      expect((await to(view)).host).toBe("mcp.example");
    }
    const apps = await follow(browser, await press(browser, page, "end_app", { grant: "x", view: "apps" }));
    expect(textOf(apps.html)).toContain("Your connected apps That app was disconnected already.");
  });
});

describe("many apps", () => {
  async function withApps(count: number, publicUrl?: string) {
    const server = await startServer(publicUrl === undefined ? {} : { publicUrl });
    const browser = openBrowser(server, publicUrl);
    const first = await signInToAccount(browser);
    const at = server.now();
    for (let index = 0; index < count; index += 1) {
      const id = `grant-${index}`;
      await approveSample(server.store, {
        id,
        clientName: `App ${index}`,
        person: { id: "ada" },
        // Some of one millisecond.
        ...livingFrom(at),
        createdAt: at + Math.floor(index / 3),
      });
      await server.store.redeemCode(id, at + 60 * 60_000, at, REDEEMED);
    }
    return { server, browser, first };
  }

  const linkIn = (html: string, text: string) =>
    new RegExp(`<a class="button plain" href="([^"]+)">${text}</a>`)
      .exec(html)?.[1]
      ?.replaceAll("&amp;", "&");

  async function throughAll(browser: Browser, page: AccountPage): Promise<readonly string[]> {
    const listed: string[] = [];
    for (let url = linkIn(page.html, "Show all connected apps"); url !== undefined; ) {
      const { html, token } = await openAccount(browser, url);
      listed.push(...valuesOf({ html, token }, "grant"));
      url = linkIn(html, "Older");
    }
    return listed;
  }

  it.each([undefined, "http://localhost:3000"])(
    "are ten on the account page, and each once on pages of fifty (%s)",
    async (publicUrl) => {
      const { browser, first } = await withApps(120, publicUrl);
      const page = await openAccount(browser, `/account?page_token=${encodeURIComponent(first.token)}`);
      expect(valuesOf(page, "grant")).toHaveLength(10);
      const listed = await throughAll(browser, page);
      expect(listed).toHaveLength(120);
      expect(new Set(listed).size).toBe(120);
    },
  );

  it("that fit on the account page have no further page", async () => {
    const { browser, first } = await withApps(10);
    const page = await openAccount(browser, `/account?page_token=${encodeURIComponent(first.token)}`);
    expect(valuesOf(page, "grant")).toHaveLength(10);
    expect(page.html).not.toContain("Show all connected apps");
  });

  it.each(["/account/apps", "/account/timeline"])(
    "%s is shown to no one who is not signed in",
    async (path) => {
      const { server } = await withApps(1);
      const answer = await openBrowser(server).request(path);
      expect(answer.status).toBe(303);
      expect(new URL(answer.headers.get("location") ?? "").pathname).toBe("/oauth/login");
    },
  );

  it.each(["/account/apps", "/account/timeline"])(
    "%s of a loopback issuer is not shown to a program that has the cookie alone",
    async (path) => {
      const { browser, first } = await withApps(1, "http://localhost:3000");
      const alone = await browser.request(path);
      expect(new URL(alone.headers.get("location") ?? "").pathname).toBe("/oauth/login");
      const answer = await browser.request(`${path}?page_token=${encodeURIComponent(first.token)}`);
      expect(answer.status).toBe(200);
    },
  );

  it.each(["", "x", "1", "1-", "-1", "1-2;drop", "99999999999999999999-1", "1-日本"])(
    "begin at no place but one that a page links to: %j",
    async (after) => {
      const { browser } = await withApps(1);
      for (const path of ["/account/apps", "/account/timeline"]) {
        const answer = await browser.request(`${path}?after=${encodeURIComponent(after)}`);
        expect(answer.status).toBe(400);
        expect(textOf(await answer.text())).toContain("Open your account page again.");
      }
    },
  );

  it.each(["/account/apps", "/account/timeline"])("%s changes nothing by any method", async (path) => {
    const { server, browser, first } = await withApps(1);
    for (const method of ["POST", "PUT", "DELETE"]) {
      const answer = await browser.request(path, {
        method,
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams({ page_token: first.token, action: "end_all_apps" }).toString(),
      });
      expect(answer.status).toBe(405);
    }
    expect(await revocations(server)).toEqual([]);
  });
});
