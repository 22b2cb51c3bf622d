import { tmpdir } from "node:os";
import { text } from "node:stream/consumers";
import { expect, it, onTestFinished, vi } from "vitest";
import { authorizeUrl, newPkce, register } from "../support/client.ts";
import { startProxy } from "../support/connect-proxy.ts";
import { CERTIFICATE_FILE, startOrigin } from "../support/https-origin.ts";
import { openBrowser, stateOf } from "../support/person.ts";
import { type Program, startProgram } from "../support/processes/program.ts";
import {
  CLIENT_ID,
  CLIENT_SECRET,
  type IdentityDouble,
  startIdentityDouble,
} from "../support/sign-in/identity-double.ts";
import { leadsTo, signInThere } from "../support/sign-in/journey.ts";
import { openNetwork } from "../support/sign-in/network.ts";

// What reaches the provider is the process's: its proxy, and the authorities that it trusts.

/** A line of another process's log comes when it comes. */
const PATIENCE = { timeout: 10_000, interval: 20 };

/** A provider behind TLS, with a certificate of an authority that no one knows. */
async function startTlsProvider(host: string) {
  const origin = await startOrigin();
  onTestFinished(origin.close);
  const url = origin.url.replace("client.example", host);
  const double: IdentityDouble = await startIdentityDouble({
    urls: {
      issuer: url,
      metadata: `${url}/.well-known/openid-configuration`,
      authorize: `${url}/authorize`,
      token: `${url}/token`,
      jwks: `${url}/jwks`,
      userinfo: `${url}/userinfo`,
    },
  });
  origin.answer(async (request, response) => {
    const { method = "GET", headers } = request;
    const body = method === "POST" ? await text(request) : null;
    const passedOn = ["authorization", "content-type"].flatMap((name) =>
      typeof headers[name] === "string" ? [[name, headers[name]] as [string, string]] : [],
    );
    const answer = await fetch(double.url + request.url, { method, headers: passedOn, body });
    response.writeHead(answer.status, { "content-type": "application/json" }).end(await answer.text());
  });
  return { url, host: new URL(url).host, asked: origin.asked, network: openNetwork({ [url]: double.url }) };
}

type Provider = Awaited<ReturnType<typeof startTlsProvider>>;

async function startServer(
  { url }: Provider,
  environment: Readonly<Record<string, string>>,
): Promise<Program> {
  const program = await startProgram("test/support/sign-in/sign-in-program.ts", {
    cwd: tmpdir(),
    environment: {
      PROVIDER: url,
      PROVIDER_CLIENT_ID: CLIENT_ID,
      PROVIDER_CLIENT_SECRET: CLIENT_SECRET,
      ...environment,
    },
  });
  onTestFinished(program.stop);
  return program;
}

/** From a client's authorization request through the provider: where it ends. */
async function signIn(program: Program, { network }: Provider): Promise<string> {
  const { client_id: clientId } = await register(program);
  const browser = openBrowser(program, program.origin);
  const asked = new URL(
    authorizeUrl(clientId, newPkce().challenge, { resource: `${program.origin}/mcp`, scope: undefined }),
  );
  const toLogin = await browser.request(`${asked.pathname}${asked.search}`);
  const state = stateOf(toLogin.headers.get("location"));
  const begun = await browser.request(`/oauth/sign-in/oidc?${new URLSearchParams({ state })}`);
  const providerUrl = new URL(begun.headers.get("location") ?? "", program.origin);
  if (providerUrl.origin === program.origin) return leadsTo(begun);
  const callback = await signInThere({ providerUrl }, network);
  return leadsTo(await browser.request(callback.href));
}

it("a provider with a private authority is reached where NODE_EXTRA_CA_CERTS names it", async () => {
  const provider = await startTlsProvider("localhost");
  const program = await startServer(provider, { NODE_EXTRA_CA_CERTS: CERTIFICATE_FILE });
  expect(await signIn(program, provider)).toBe("/oauth/consent");
  expect(provider.asked).toEqual(["/.well-known/openid-configuration", "/token", "/jwks", "/userinfo"]);
});

it("and not where it is unknown: the person may try again, and the log says why", async () => {
  const provider = await startTlsProvider("localhost");
  const program = await startServer(provider, {});
  expect(await signIn(program, provider)).toBe("/oauth/login oidc no_answer");
  expect(provider.asked).toEqual([]);
  await vi.waitFor(() => expect(program.output()).toMatch(/sign_in\.broken_off.*certificate/is), PATIENCE);
});

it("behind a proxy everything goes through it, by name, and nothing past it", async () => {
  const provider = await startTlsProvider("client.example");
  const proxy = await startProxy();
  const program = await startServer(provider, {
    HTTPS_PROXY: proxy.url.replace("://", "://ada:lovelace@"),
    NODE_EXTRA_CA_CERTS: CERTIFICATE_FILE,
  });
  expect(await signIn(program, provider)).toBe("/oauth/consent");
  expect(new Set(proxy.asked)).toEqual(new Set([provider.host]));
  expect(new Set(proxy.credentials)).toEqual(
    new Set([`Basic ${Buffer.from("ada:lovelace").toString("base64")}`]),
  );
});

it("a proxy that refuses is an outage of the provider, whose log has no password", async () => {
  const provider = await startTlsProvider("client.example");
  const proxy = await startProxy();
  proxy.refuse(403);
  const program = await startServer(provider, { HTTPS_PROXY: proxy.url.replace("://", "://ada:lovelace@") });
  expect(await signIn(program, provider)).toBe("/oauth/login oidc no_answer");
  const refused = `answered 403 to CONNECT ${provider.host}`;
  await vi.waitFor(() => expect(program.output()).toContain(refused), PATIENCE);
  expect(program.output()).not.toMatch(/lovelace|YWRhOmxv/);
});
