import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type Origin, reachesThisComputer, startOrigin } from "../../test/support/https-origin.ts";
import { isPublicAddress, SafeFetchError, type SafeFetchOptions, safeFetch } from "./safe-fetch.ts";

let origin: Origin;
beforeAll(async () => {
  origin = await startOrigin();
});
afterAll(() => origin.close());

const get = (path: string, options: Partial<SafeFetchOptions> = {}) =>
  safeFetch(`${origin.url}${path}`, { maxBytes: 1000, ...reachesThisComputer, ...options });

/** As a stranger's URL is fetched: nothing allowed, though the name leads where it likes. */
const getAsStranger = (url: string, addresses: readonly string[] = []) =>
  safeFetch(url, { maxBytes: 1000, resolve: async () => addresses });

async function refusal(answer: Promise<unknown>): Promise<SafeFetchError> {
  const error = await answer.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (error instanceof SafeFetchError) return error;
  throw new Error(`expected a SafeFetchError, got ${error}`);
}

describe("where it goes", () => {
  test.each([
    "127.0.0.1",
    "127.255.0.9",
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "168.63.129.16",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::7f00:1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "fd00:ec2::254",
    "5f00::1",
    "no address",
    "",
    "8.8.8",
    "8.8.8.8/0",
  ])("%j is not public", (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  test.each(["8.8.8.8", "1.1.1.1", "160.79.104.10", "2606:4700::1111", "2a00:1450:4001:81c::200e"])(
    "%s is",
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );

  test("no IPv6 spelling of a private IPv4 address is public", () => {
    const privateIpv4 = fc.constantFrom(
      "127.0.0.1",
      "10.1.2.3",
      "192.168.0.1",
      "169.254.169.254",
      "100.64.0.1",
    );
    const prefix = fc.constantFrom(
      "::",
      "::ffff:",
      "::ffff:0:",
      "64:ff9b::",
      "64:ff9b:1::",
      "fe80::",
      "100::",
    );
    fc.assert(
      fc.property(prefix, privateIpv4, (start, ipv4) => {
        expect(isPublicAddress(start + ipv4)).toBe(false);
        expect(isPublicAddress(ipaddr.parse(start + ipv4).toNormalizedString())).toBe(false);
      }),
    );
  });

  test.each([
    "https://127.0.0.1/x",
    "https://127.1/x",
    "https://0x7f000001/x",
    "https://2130706433/x",
    "https://0177.0.0.1/x",
    "https://169.254.169.254/latest/meta-data",
    "https://[::1]/x",
    "https://[::ffff:127.0.0.1]/x",
    "https://[64:ff9b::7f00:1]/x",
  ])("a private address in the URL is refused: %s", async (url) => {
    expect(await refusal(getAsStranger(url))).toMatchObject({ kind: "refused" });
  });

  test("a name that leads to a private address is refused, one of several too, and nothing connects", async () => {
    const before = origin.asked.length;
    for (const addresses of [
      ["127.0.0.1"],
      ["::1"],
      ["8.8.8.8", "127.0.0.1"],
      ["2606:4700::1111", "fd00::1"],
      ["?"],
    ]) {
      expect(await refusal(getAsStranger(`${origin.url}/x`, addresses))).toMatchObject({ kind: "refused" });
    }
    expect(origin.asked.length).toBe(before);
  });

  test.each([
    "http://client.example/x",
    "ftp://client.example/x",
    "file:///etc/passwd",
    "data:application/json,{}",
    "https://user@client.example/x",
    "https://:pass@client.example/x",
    "https://user:pass@client.example/x",
    "nonsense",
    "",
  ])("is no https URL that we use: %j", async (url) => {
    expect(await refusal(getAsStranger(url, ["8.8.8.8"]))).toMatchObject({ kind: "refused" });
  });

  test("the connection goes to the address that was checked: the name is asked for once", async () => {
    origin.answer((_request, response) =>
      response.writeHead(200, { "content-type": "application/json" }).end("{}"),
    );
    const answers = [["127.0.0.1"], ["203.0.113.1"]];
    const resolve = async () => answers.shift() ?? [];
    expect((await get("/pinned", { resolve })).text).toBe("{}");
    expect(answers.length).toBe(1);
  });

  test("the certificate must be for the name", async () => {
    const wrong = origin.url.replace("client.example", "impostor.example");
    const options = { maxBytes: 1000, ...reachesThisComputer };
    expect(await refusal(safeFetch(wrong, options))).toMatchObject({ kind: "unreachable" });
    const { ca: _ca, ...untrusted } = options;
    expect(await refusal(safeFetch(`${origin.url}/x`, untrusted))).toMatchObject({ kind: "unreachable" });
  });

  test("a name without an address, or a name server that fails, is no answer: it fails closed", async () => {
    expect(await refusal(getAsStranger("https://client.example/x", []))).toMatchObject({
      kind: "unreachable",
      message: "the name has no address",
    });
    const resolve = async () => {
      throw new Error("the name server is down");
    };
    expect(await refusal(get("/x", { resolve }))).toMatchObject({ kind: "unreachable" });
  });
});

describe("what it takes", () => {
  test("JSON, with the headers that say how long it is good", async () => {
    origin.answer((request, response) => {
      expect(request.headers.accept).toBe("application/jwk-set+json");
      expect(request.headers.host).toBe(new URL(origin.url).host);
      response.writeHead(200, {
        "content-type": "application/jwk-set+json; charset=utf-8",
        "cache-control": "max-age=7",
      });
      response.end('{"a":"ü"}');
    });
    const { text, headers } = await get("/ok", { accept: "application/jwk-set+json" });
    expect(text).toBe('{"a":"ü"}');
    expect(headers.get("cache-control")).toBe("max-age=7");
  });

  test.each([301, 302, 303, 307, 308])("a redirect (%i) is not followed", async (status) => {
    origin.answer((_request, response) =>
      response.writeHead(status, { location: `${origin.url}/elsewhere` }).end(),
    );
    expect(await refusal(get(`/redirect/${status}`))).toMatchObject({ kind: "unusable" });
    expect(origin.asked).not.toContain("/elsewhere");
  });

  test.each([
    [404, "gone"],
    [410, "gone"],
    [403, "unreachable"],
    [429, "unreachable"],
    [500, "unreachable"],
    [503, "unreachable"],
    [204, "unreachable"],
  ])("status %i means %s", async (status, kind) => {
    origin.answer((_request, response) =>
      response.writeHead(status, { "content-type": "application/json" }).end(),
    );
    expect(await refusal(get("/status"))).toMatchObject({ kind });
  });

  test.each([
    undefined,
    "text/html",
    "text/plain",
    "application/jsonp",
    "application/x-json-not",
    "text/json",
  ])("content type %s is not JSON", async (type) => {
    origin.answer((_request, response) =>
      response.writeHead(200, type ? { "content-type": type } : {}).end("{}"),
    );
    expect(await refusal(get("/type"))).toMatchObject({ kind: "unusable" });
  });

  test("something compressed is refused: it could grow", async () => {
    origin.answer((_request, response) => {
      response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" }).end("x");
    });
    expect(await refusal(get("/gzip"))).toMatchObject({ kind: "unusable" });
  });

  test("exactly as much as allowed passes, one byte more does not, declared or not", async () => {
    const json = { "content-type": "application/json" };
    const send = (size: number, declared: boolean): void =>
      origin.answer((_request, response) => {
        const body = Buffer.alloc(size, "1");
        response.writeHead(200, declared ? { ...json, "content-length": size } : json);
        response.write(body.subarray(0, 10));
        response.end(body.subarray(10));
      });
    for (const declared of [true, false]) {
      send(1000, declared);
      expect((await get("/size")).text.length).toBe(1000);
      send(1001, declared);
      expect(await refusal(get("/size"))).toMatchObject({ kind: "unusable" });
    }
  });

  test("a body without end is cut as soon as it is too large", async () => {
    let closed: Promise<unknown> = Promise.resolve();
    origin.answer((_request, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const timer = setInterval(() => response.write("x".repeat(500)), 1);
      closed = new Promise((resolve) => response.on("close", resolve)).finally(() => clearInterval(timer));
    });
    expect(await refusal(get("/endless"))).toMatchObject({ kind: "unusable" });
    await closed;
  });

  test.each<[string, (write: (text: string) => void) => void]>([
    ["no answer", () => {}],
    ["an answer that stops in the body", (write) => write("{")],
    [
      "an answer that trickles",
      (write) => {
        const timer = setInterval(() => write(" "), 20);
        setTimeout(() => clearInterval(timer), 2000).unref();
      },
    ],
  ])("%s ends at the deadline", async (what, act) => {
    origin.answer((_request, response) => {
      if (what !== "no answer") response.writeHead(200, { "content-type": "application/json" });
      act((text) => response.write(text));
    });
    const error = await refusal(get("/slow", { timeoutMs: 200 }));
    expect(error).toMatchObject({ kind: "unreachable", message: "it took too long" });
  });

  test("a name server that does not answer ends at the deadline too", async () => {
    const resolve = (_name: string, signal: AbortSignal) =>
      new Promise<string[]>((_resolve, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason)),
      );
    expect(await refusal(get("/x", { resolve, timeoutMs: 50 }))).toMatchObject({
      message: "it took too long",
    });
  });

  test("a closed port is no answer", async () => {
    const closed = await startOrigin();
    await closed.close();
    const answer = safeFetch(`${closed.url}/x`, { maxBytes: 1000, ...reachesThisComputer });
    expect(await refusal(answer)).toMatchObject({ kind: "unreachable" });
  });
});

test("a name that is looked up slowly and then refused sets no timer for a time that is over", async () => {
  const warnings: string[] = [];
  const note = ({ name }: Error) => warnings.push(name);
  process.on("warning", note);
  onTestFinished(() => void process.off("warning", note));
  const resolve = async () => {
    await new Promise((done) => setTimeout(done, 300));
    return ["10.0.0.1"];
  };
  const answer = safeFetch("https://slow.example/", { maxBytes: 1000, resolve });
  expect((await refusal(answer)).kind).toBe("refused");
  // Warnings are told in a later turn.
  await new Promise((done) => setTimeout(done, 10));
  expect(warnings).not.toContain("TimeoutNegativeWarning");
});
