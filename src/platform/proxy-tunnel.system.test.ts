import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ConnectProxy, startProxy } from "../../test/support/connect-proxy.ts";
import {
  type Origin,
  reachesThisComputer,
  startOrigin,
  testCertificate,
} from "../../test/support/https-origin.ts";
import { readProxy } from "./outbound-proxy.ts";
import { fetchJsonThrough } from "./proxy-tunnel.ts";
import {
  allowUnresolvedDocumentHosts,
  SafeFetchError,
  type SafeFetchOptions,
  safeFetch,
} from "./safe-fetch.ts";

let origin: Origin;
beforeAll(async () => {
  origin = await startOrigin();
  origin.answer((_request, response) =>
    response.writeHead(200, { "content-type": "application/json" }).end('{"a":1}'),
  );
});
afterAll(() => origin.close());

const PASSWORD = "p@ss";
const portOf = ({ url }: Origin) => new URL(url).port;
const withCredentials = ({ url }: ConnectProxy) => url.replace("://", "://ada:p%40ss@");

const through = (url: string, NO_PROXY = "") => readProxy({ HTTPS_PROXY: url, NO_PROXY });
const get = (proxy: ConnectProxy, options: Partial<SafeFetchOptions> = {}) =>
  safeFetch(`${origin.url}/x`, {
    maxBytes: 1000,
    ...reachesThisComputer,
    proxy: through(withCredentials(proxy)),
    ...options,
  });

async function refusal(answer: Promise<unknown>): Promise<SafeFetchError> {
  const error = await answer.catch((error: unknown) => error);
  if (error instanceof SafeFetchError) return error;
  throw new Error(`expected a SafeFetchError, got ${error}`);
}

describe("a stranger's document through a proxy", () => {
  test.each([{ isTls: false }, { isTls: true }])(
    "is fetched from the address that was checked, with TLS to the name: %j",
    async (kind) => {
      const proxy = await startProxy(kind);
      expect((await get(proxy)).text).toBe('{"a":1}');
      expect(proxy.asked).toEqual([`127.0.0.1:${portOf(origin)}`]);
      expect(proxy.credentials).toEqual([`Basic ${Buffer.from(`ada:${PASSWORD}`).toString("base64")}`]);
    },
  );

  test("needs no credentials where the URL has none", async () => {
    const proxy = await startProxy();
    await get(proxy, { proxy: through(proxy.url) });
    expect(proxy.credentials).toEqual([undefined]);
  });

  test("must have the certificate of its name, though the tunnel leads to an address", async () => {
    const proxy = await startProxy();
    // The certificate is good for 127.0.0.1, where the tunnel ends.
    const url = origin.url.replace("client.example", "impostor.example");
    const options = { maxBytes: 1000, ...reachesThisComputer, proxy: through(proxy.url) };
    const before = origin.asked.length;
    expect(await refusal(safeFetch(`${url}/x`, options))).toMatchObject({ kind: "unreachable" });
    expect(proxy.asked).toHaveLength(1);
    const { ca: _ca, ...untrusted } = options;
    expect(await refusal(safeFetch(`${origin.url}/x`, untrusted))).toMatchObject({ kind: "unreachable" });
    expect(origin.asked).toHaveLength(before);
  });

  test("goes to the next address where the proxy cannot reach the first, to four at the most", async () => {
    const proxy = await startProxy();
    const addresses = ["192.0.2.1", "2001:db8::1", "127.0.0.1", "192.0.2.2", "192.0.2.3"];
    proxy.refuse(502, `192.0.2.1:${portOf(origin)}`);
    proxy.refuse(503, `[2001:db8::1]:${portOf(origin)}`);
    const resolve = async () => addresses;
    expect((await get(proxy, { resolve })).text).toBe('{"a":1}');
    expect(proxy.asked).toEqual(
      ["192.0.2.1", "[2001:db8::1]", "127.0.0.1"].map((host) => `${host}:${portOf(origin)}`),
    );
    proxy.refuse(502);
    expect(await refusal(get(proxy, { resolve }))).toMatchObject({ kind: "unreachable" });
    expect(proxy.asked).toHaveLength(3 + 4);
  });

  test("is refused before the proxy hears of it where the name or the URL leads inside", async () => {
    const proxy = await startProxy();
    const options = { maxBytes: 1000, proxy: through(proxy.url), [allowUnresolvedDocumentHosts]: true };
    for (const addresses of [["127.0.0.1"], ["10.0.0.1"], ["8.8.8.8", "fd00::1"]]) {
      const answer = safeFetch("https://client.example/x", { ...options, resolve: async () => addresses });
      expect(await refusal(answer)).toMatchObject({ kind: "refused" });
    }
    for (const host of ["127.0.0.1", "10.1.2.3", "169.254.169.254", "[::1]", "[fd00::1]"]) {
      expect(await refusal(safeFetch(`https://${host}/x`, options))).toMatchObject({ kind: "refused" });
    }
    expect(proxy.asked).toEqual([]);
  });

  test("goes direct where NO_PROXY says so", async () => {
    const proxy = await startProxy();
    await get(proxy, { proxy: through(proxy.url, "client.example") });
    await get(proxy, { proxy: through(proxy.url, ".example") });
    expect(proxy.asked).toEqual([]);
    await get(proxy, { proxy: through(proxy.url, "client.example:1") });
    expect(proxy.asked).toHaveLength(1);
  });

  test.each([400, 403, 407, 429, 500, 502, 503])(
    "is an outage where the proxy answers %i, and says so without the password",
    async (status) => {
      const proxy = await startProxy();
      proxy.refuse(status);
      const error = await refusal(get(proxy));
      expect(error.kind).toBe("unreachable");
      expect(error.message).toBe(
        `the proxy ${proxy.url} answered ${status} to CONNECT 127.0.0.1:${portOf(origin)}`,
      );
      expect(`${error.stack} ${JSON.stringify(error)} ${(error.cause as Error).stack}`).not.toMatch(
        /p@ss|p%40ss|YWRh/,
      );
    },
  );

  test("is an outage where nothing listens, or the proxy is silent", async () => {
    const proxy = await startProxy();
    const gone = await refusal(get(proxy, { proxy: through("http://ada:p%40ss@localhost:1") }));
    expect(gone).toMatchObject({
      kind: "unreachable",
      message: "the proxy http://localhost:1 cannot be reached (ECONNREFUSED)",
    });
    proxy.refuse(0);
    expect(await refusal(get(proxy, { timeoutMs: 300 }))).toMatchObject({
      kind: "unreachable",
      message: `the proxy ${proxy.url} did not answer in time`,
    });
  });

  test("is an outage where an https proxy has another's certificate", async () => {
    const proxy = await startProxy({ isTls: true });
    const impostor = proxy.url.replace("localhost", "127.0.0.2");
    expect(await refusal(get(proxy, { proxy: through(impostor) }))).toMatchObject({ kind: "unreachable" });
    expect(proxy.asked).toEqual([]);
  });
});

describe("a name that only the proxy can resolve", () => {
  const unresolved: readonly [string, NonNullable<SafeFetchOptions["resolve"]>][] = [
    ["no address", async () => []],
    [
      "a name server that fails",
      async () => {
        throw new Error("the name server is down");
      },
    ],
    [
      "one that never answers",
      (_name, signal) =>
        new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    ],
  ];

  test.each(unresolved)("is not connected to unless the option says so: %s", async (_what, resolve) => {
    const proxy = await startProxy();
    const answer = get(proxy, { resolve, timeoutMs: 300 });
    expect(await refusal(answer)).toMatchObject({ kind: "unreachable" });
    expect(proxy.asked).toEqual([]);
  });

  test.each(unresolved)("is connected to by its name with the option: %s", async (_what, resolve) => {
    const proxy = await startProxy();
    const answer = await get(proxy, { resolve, [allowUnresolvedDocumentHosts]: true });
    expect(answer.text).toBe('{"a":1}');
    expect(proxy.asked).toEqual([`client.example:${portOf(origin)}`]);
  });

  test("is connected to by its address with the option, where it has one here", async () => {
    const proxy = await startProxy();
    await get(proxy, { [allowUnresolvedDocumentHosts]: true });
    expect(proxy.asked).toEqual([`127.0.0.1:${portOf(origin)}`]);
  });

  test.each(["localhost.", "proxy", "proxy.", "proxy.localhost", "proxy.localhost."])(
    "is never the proxy's own: %s",
    async (host) => {
      const proxy = await startProxy();
      const options = { maxBytes: 1000, proxy: through(proxy.url), [allowUnresolvedDocumentHosts]: true };
      const answer = safeFetch(`https://${host}/x`, { ...options, resolve: async () => [] });
      expect(await refusal(answer)).toMatchObject({ kind: "unreachable" });
      expect(proxy.asked).toEqual([]);
    },
  );

  test("stays without an answer where there is no proxy, or NO_PROXY names it", async () => {
    const proxy = await startProxy();
    const options = { resolve: async () => [], [allowUnresolvedDocumentHosts]: true };
    for (const none of [undefined, through(proxy.url, "client.example")]) {
      expect(await refusal(get(proxy, { ...options, proxy: none }))).toMatchObject({ kind: "unreachable" });
    }
    expect(proxy.asked).toEqual([]);
  });
});

describe("what the operator configured, through a proxy", () => {
  test("is fetched by name, with the body and method that it was asked with", async () => {
    const proxy = await startProxy();
    const fetchJson = fetchJsonThrough(through(withCredentials(proxy)), testCertificate.cert);
    const seen: string[] = [];
    origin.answer(async (request, response) => {
      seen.push(`${request.method} ${await text(request)} ${request.headers["proxy-authorization"]}`);
      response.writeHead(200, { "content-type": "application/json" }).end('{"a":1}');
    });
    const { status, body } = await fetchJson(`${origin.url}/keys`, {
      method: "POST",
      body: new URLSearchParams({ token: "x" }),
    });
    expect({ status, body }).toEqual({ status: 200, body: { a: 1 } });
    expect(seen).toEqual(["POST token=x undefined"]);
    expect(proxy.asked).toEqual([`client.example:${portOf(origin)}`]);
    expect(proxy.credentials).toEqual([`Basic ${Buffer.from(`ada:${PASSWORD}`).toString("base64")}`]);
  });

  test("is an outage where the proxy refuses, with the reason for the log", async () => {
    const proxy = await startProxy();
    proxy.refuse(407);
    const fetchJson = fetchJsonThrough(through(withCredentials(proxy)));
    const error = await fetchJson("https://idp.example/keys").catch((error: unknown) => error);
    expect(error).toMatchObject({
      code: "temporarily_unavailable",
      detail: expect.stringContaining(`the proxy ${proxy.url} answered 407 to CONNECT idp.example:443`),
    });
    expect(String(error)).not.toMatch(/p@ss|p%40ss/);
  });
});
