import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serve } from "@hono/node-server";
import type { BrowserContextOptions, Page } from "playwright-core";
import { createDemoServer } from "../../src/demo/server.ts";
import type { OAuthServer } from "../../src/index.ts";
import { silentLog } from "../../src/platform/logging.ts";
import type { CreateOptions } from "../../src/server/create-oauth-server.ts";
import { startCallback } from "../support/browser/callback.ts";
import { launchBrowser, NETWORK_NAME } from "../support/browser/launch.ts";
import { complaintsIn } from "../support/browser/windows.ts";
import { authorizeUrl, newPkce, redeem, refresh, register } from "../support/client.ts";
import { testCertificate } from "../support/https-origin.ts";
import { freePort } from "../support/listening.ts";
import { reach } from "../support/network.ts";

export const ALL_SCOPES = "mcp todo:read todo:write todo:delete";

export type Rig = Awaited<ReturnType<typeof startRig>>;

/** The demonstration, a real browser, and a client on this computer that waits for its answer. */
export async function startRig() {
  const folder = await mkdtemp(join(tmpdir(), "gatehouse-browser-flow-"));
  const [browser, callback] = await Promise.all([launchBrowser(), startCallback()]);
  let databases = 0;
  const demo = (options: CreateOptions) => {
    databases += 1;
    return createDemoServer({ database: join(folder, `${databases}.db`), log: silentLog, ...options });
  };
  const startAnother = async (options: CreateOptions = {}) => {
    const server = demo({ port: 0, ...options });
    return { server, resource: (await server.listen()).url };
  };
  /** One with TLS and a host name of its own, as servers on a network have it. */
  const startOnNetwork = async () => {
    const port = await freePort();
    return startAnother({ tls: testCertificate, port, publicUrl: `https://${NETWORK_NAME}:${port}` });
  };
  const { server, resource } = await startAnother();
  let states = 0;

  /** A client with a request of its own: where its browser must go, and what redeems the code. */
  const newRequest = async (changes: { redirectUri?: string; scope?: string; at?: string } = {}) => {
    const { redirectUri = callback.url, scope = ALL_SCOPES, at = resource } = changes;
    const there = reach(new URL(at).origin.replace(NETWORK_NAME, "localhost"));
    const { client_id: clientId } = await register(there, {
      client_name: "Browser test",
      redirect_uris: [redirectUri],
    });
    const { verifier, challenge } = newPkce();
    states += 1;
    const state = `state-${states}`;
    const asked = new URL(
      authorizeUrl(clientId, challenge, { redirect_uri: redirectUri, state, scope, resource: at }),
    );
    return {
      clientId,
      state,
      url: new URL(`${asked.pathname}${asked.search}`, at).href,
      answers: () => callback.answers.filter((answer) => answer.get("state") === state),
      redeem: (code: string | null | undefined) =>
        redeem(there, clientId, { code: code ?? "", verifier }, { redirect_uri: redirectUri, resource: at }),
      refresh: (token: string) => refresh(there, clientId, token),
    };
  };

  /** A window of its own, without anybody signed in. Hands back what the browser complained of. */
  const withPage = async (
    use: (page: Page) => Promise<void>,
    options: BrowserContextOptions = {},
  ): Promise<readonly string[]> => {
    const context = await browser.newContext(options);
    const complaints = complaintsIn(context);
    try {
      await use(await context.newPage());
    } finally {
      await context.close();
    }
    return complaints;
  };

  return {
    callback,
    resource,
    origin: new URL(resource).origin,
    startAnother,
    startOnNetwork,
    mountSlowly: () => mountSlowly(demo),
    newRequest,
    withPage,
    async close() {
      await browser.close();
      await server.close();
      await callback.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The demonstration inside another listener, whose first approval is on its way until the second one has been made. */
async function mountSlowly(demo: (options: CreateOptions) => OAuthServer) {
  const codes: (string | null)[] = [];
  const second = Promise.withResolvers<void>();
  let mounted: OAuthServer | undefined;
  const listener = serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: async (request) => {
      const response = await mounted?.fetch(request);
      if (request.method !== "POST" || !request.url.endsWith("/oauth/consent"))
        return response ?? new Response();
      codes.push(new URL(response?.headers.get("location") ?? "").searchParams.get("code"));
      if (codes.length === 2) second.resolve();
      await second.promise;
      return response ?? new Response();
    },
  });
  await once(listener, "listening");
  const publicUrl = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
  mounted = demo({ publicUrl });
  return {
    resource: `${publicUrl}/mcp`,
    codes,
    async close() {
      listener.close();
      await mounted?.close();
    },
  };
}
