import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  Client,
  type ClientOptions,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from "@modelcontextprotocol/client";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startCallback } from "../support/browser/callback.ts";
import { launchBrowser } from "../support/browser/launch.ts";
import {
  authorize,
  authorizeUrl,
  callTool,
  newPkce,
  postForm,
  redeem,
  refresh,
  register,
  tokensOf,
} from "../support/client.ts";
import { testCertificate } from "../support/https-origin.ts";
import { freePort } from "../support/listening.ts";
import { approve, reach, trustingFetch } from "../support/network.ts";
import { openBrowser } from "../support/person.ts";
import { startPostgres, type TestPostgres } from "../support/postgres/postgres.ts";
import { type Program, startProgram } from "../support/processes/program.ts";
import { createProvider, type TestProvider } from "../support/sdk-client-provider.ts";
import { NGINX, type Nginx, startNginx } from "./nginx.ts";

/**
 * The server of deploy/server, twice, on one Postgres, behind nginx with the file of deploy/nginx: each request goes to
 * the other one than the request before.
 */

const ADA = { username: "ada", password: "lovelace, for a test" };

let folder: string;
let postgres: TestPostgres;
let instances: readonly Program[];
let nginx: Nginx;
/** The server as the helpers of test/support speak to it, through nginx. */
let server: ReturnType<typeof reach>;
let mcpUrl: string;

const ERAS = [
  { era: "2025-11-25", client: {} },
  { era: "2026-07-28", client: { versionNegotiation: { mode: { pin: "2026-07-28" } } } },
] satisfies readonly { era: string; client: ClientOptions }[];

// The default reporter prints no name of a suite that is left out, and so no reason.
if (NGINX === undefined) {
  process.stderr.write("nginx is not installed: test/deploy/nginx.system.test.ts is left out.\n");
}

describe.skipIf(NGINX === undefined)(
  `two instances behind nginx${NGINX === undefined ? " (left out: nginx is not installed)" : ""}`,
  () => {
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "gatehouse-behind-nginx-"));
      postgres = await startPostgres();
      const port = await freePort();
      const environment = {
        GATEHOUSE_PUBLIC_URL: `https://127.0.0.1:${port}`,
        GATEHOUSE_TRUST_PROXY: "true",
        GATEHOUSE_SECRET: "a-secret-that-both-instances-share",
        DATABASE_URL: await postgres.freshDatabase(),
        ADA_PASSWORD: ADA.password,
      };
      const start = () => startProgram("deploy/server/server.ts", { cwd: folder, environment });
      instances = await Promise.all([start(), start()]);
      // They answer /health before their database is there.
      for (const { origin } of instances)
        await vi.waitFor(async () => expect((await fetch(`${origin}/ready`)).status).toBe(200), {
          timeout: 60_000,
        });
      nginx = await startNginx(
        port,
        instances.map(({ origin }) => Number(new URL(origin).port)),
      );
      server = reach(nginx.origin);
      mcpUrl = `${nginx.origin}/mcp`;
    });

    afterAll(async () => {
      await nginx?.stop();
      await Promise.all((instances ?? []).map((instance) => instance.stop()));
      await postgres?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    describe.each(ERAS)("a client of the SDK, $era", ({ era, client: options }) => {
      it("registers, has a person approve, checks iss, and calls tools as that person", async () => {
        const { client, provider } = await signIn(options);
        expect(client.getNegotiatedProtocolVersion()).toBe(era);
        expect(provider.callback().get("iss")).toBe(nginx.origin);
        expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(["echo", "whoami", "count"]);
        for (const message of ["one", "two", "three", "four"]) {
          expect(await text(client, "echo", { message })).toBe(`Echo: ${message}`);
        }
        expect(await text(client, "whoami")).toBe("ada, through SDK client");
        await client.close();
      });

      it("refreshes by itself when its token is not good any more", async () => {
        const { client, provider } = await signIn(options);
        const before = provider.currentTokens();
        await provider.saveTokens({ ...before, access_token: "expired" });
        expect(await text(client, "echo", { message: "later" })).toBe("Echo: later");
        expect(provider.currentTokens().refresh_token).not.toBe(before.refresh_token);
        expect(provider.authorizeUrls).toHaveLength(1);
        await client.close();
      });

      it("gets each event of a stream when it comes, not at the end", async () => {
        const { client } = await signIn(options);
        // Sixteen minutes: whoever waits for the end does not hear of the first step in this test.
        const counting = { to: 100, pause_ms: 10_000 };
        const enough = new AbortController();
        const steps: number[] = [];
        const counted = client.callTool(
          { name: "count", arguments: counting },
          {
            signal: enough.signal,
            onprogress: ({ progress }) => {
              steps.push(progress);
              enough.abort("heard enough");
            },
          },
        );
        await expect(counted).rejects.toThrow("heard enough");
        expect(steps).toEqual([1]);
        await client.close();
      });
    });

    it("a person in a browser mistypes, signs in and approves", async () => {
      const [browser, callback] = await Promise.all([launchBrowser(), startCallback()]);
      try {
        const { client_id: clientId } = await register(server, { redirect_uris: [callback.url] });
        const { verifier, challenge } = newPkce();
        const asked = authorizeUrl(clientId, challenge, { redirect_uri: callback.url, resource: mcpUrl });
        const { pathname, search } = new URL(asked);
        const page = await browser.newPage({ ignoreHTTPSErrors: true });
        await page.goto(`${nginx.origin}${pathname}${search}`);
        for (const password of ["mistyped", ADA.password]) {
          await page.getByLabel("Username").fill(ADA.username);
          await page.getByLabel("Password").fill(password);
          await page.getByRole("button", { name: "Sign in" }).click();
          await page
            .getByRole("alert")
            .or(page.getByRole("button", { name: "Approve" }))
            .waitFor();
        }
        await page.reload();
        // The page takes a click once the mouse has been over it for a moment.
        await page.getByRole("button", { name: "Approve" }).waitFor();
        await page.mouse.move(1, 1);
        await page.getByRole("button", { name: "Approve" }).click();
        await page.getByText("Back in the app.").waitFor();
        const code = callback.answers[0]?.get("code") ?? "";
        const redirect = { redirect_uri: callback.url, resource: mcpUrl };
        const tokens = await tokensOf(redeem(server, clientId, { code, verifier }, redirect));
        for (let call = 0; call < 4; call += 1) {
          expect(await (await callTool(server, tokens.access_token)).text()).toContain("ada, through");
        }
      } finally {
        await browser.close();
        await callback.close();
      }
    });

    it("one of several redemptions of a code at once gets tokens", async () => {
      const { clientId, authorized } = await withCode();
      const attempts = await Promise.all(
        Array.from({ length: 6 }, () => redeem(server, clientId, authorized, { resource: mcpUrl })),
      );
      expect(attempts.map(({ status }) => status).sort()).toEqual([200, 400, 400, 400, 400, 400]);
    });

    it("parallel refreshes at both instances get one successor", async () => {
      const { clientId, tokens } = await connected();
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => tokensOf(refresh(server, clientId, tokens.refresh_token))),
      );
      expect(new Set(answers.map(({ refresh_token }) => refresh_token)).size).toBe(1);
    });

    it("what is revoked at one instance is refused by both", async () => {
      const { clientId, tokens } = await connected();
      // Both know it by heart now, and it would be good for half an hour.
      for (let call = 0; call < 2; call += 1) {
        expect((await callTool(server, tokens.access_token)).status).toBe(200);
      }
      const fields = { client_id: clientId, token: tokens.refresh_token };
      expect((await postForm(server, "/oauth/revoke", fields)).status).toBe(200);
      await expect.poll(() => refused(tokens.access_token, 2), { timeout: 20_000 }).toBe(true);
    });

    it("an authorization request as long as it may be passes", async () => {
      const { client_id: clientId } = await register(server);
      const { challenge } = newPkce();
      // Percent-encoded, three times as long.
      const state = "=".repeat(4000);
      const asked = new URL(authorizeUrl(clientId, challenge, { state, resource: mcpUrl }));
      const back = await approve(
        openBrowser(server, nginx.origin),
        `${nginx.origin}${asked.pathname}${asked.search}`,
        ADA,
      );
      expect(back.searchParams.get("state")).toBe(state);
    });

    it("a call with two megabytes of arguments passes", async () => {
      const { tokens } = await connected();
      const message = "m".repeat(2 ** 21);
      const answer = await callTool(server, tokens.access_token, "echo", { message });
      expect((await answer.text()).length).toBeGreaterThan(message.length);
    });

    it.runIf(process.platform === "linux")(
      "logs the address that nginx saw, not one that a client made up",
      async () => {
        const { challenge } = newPkce();
        const { pathname, search } = new URL(authorizeUrl("nobody-knows-it", challenge));
        await new Promise<void>((resolve, reject) => {
          request(
            `${nginx.origin}${pathname}${search}`,
            {
              ca: testCertificate.cert,
              localAddress: "127.0.0.2",
              headers: { "x-forwarded-for": "203.0.113.9" },
            },
            (response) => response.resume().once("end", resolve),
          )
            .once("error", reject)
            .end();
        });
        const logged = () => instances.map((instance) => instance.output()).join("");
        await expect
          .poll(logged, { timeout: 20_000 })
          .toMatch(/"request\.refused".*"address":"127\.0\.0\.2"/);
        expect(logged()).not.toContain("203.0.113.9");
      },
    );

    it("took turns at every request, and neither failed", () => {
      const passed = nginx.requests();
      expect(passed.filter(({ status, upstreams }) => status >= 500 || upstreams.length > 1)).toEqual([]);
      const counts = Map.groupBy(passed, ({ upstreams }) => upstreams[0]);
      const [first = [], second = []] = [...counts.values()];
      expect(counts.size).toBe(2);
      expect(Math.abs(first.length - second.length)).toBeLessThanOrEqual(1);
      for (const path of ["/oauth/authorize", "/oauth/login", "/oauth/consent", "/oauth/token", "/mcp"]) {
        for (const requests of [first, second]) {
          expect(requests.some(({ what }) => what.includes(` ${path}`))).toBe(true);
        }
      }
    });
  },
);

async function signIn(options: ClientOptions): Promise<{ client: Client; provider: TestProvider }> {
  const browser = openBrowser(server, nginx.origin);
  const provider = createProvider({ person: (asked) => approve(browser, asked, ADA) });
  const open = () => {
    const client = new Client({ name: "nginx-test", version: "1.0.0" }, options);
    const transport = new StreamableHTTPClientTransport(new URL(mcpUrl), {
      authProvider: provider,
      fetch: trustingFetch,
    });
    return { client, transport, connect: () => client.connect(transport) };
  };
  const first = open();
  await expect(first.connect()).rejects.toThrow(UnauthorizedError);
  await first.transport.finishAuth(provider.callback());
  const second = open();
  await second.connect();
  return { client: second.client, provider };
}

async function text(client: Client, name: string, parameters: Record<string, unknown> = {}): Promise<string> {
  const { content } = await client.callTool({ name, arguments: parameters });
  const [first] = content;
  if (first?.type !== "text") throw new Error(`${name} answered ${JSON.stringify(content)}`);
  return first.text;
}

/** A client with a code. */
async function withCode() {
  const { client_id: clientId } = await register(server);
  const authorized = await authorize(server, clientId, { ...ADA, params: { resource: mcpUrl } });
  return { clientId, authorized };
}

/** A client with tokens. */
async function connected() {
  const { clientId, authorized } = await withCode();
  const tokens = await tokensOf(redeem(server, clientId, authorized, { resource: mcpUrl }));
  return { clientId, tokens };
}

/** Whether so many requests in a row are refused. */
async function refused(token: string, times: number): Promise<boolean> {
  for (let call = 0; call < times; call += 1) {
    const response = await callTool(server, token);
    await response.body?.cancel();
    if (response.status !== 401) return false;
  }
  return true;
}
