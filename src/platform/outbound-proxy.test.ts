import { describe, expect, test } from "vitest";
import { proxyFor, readProxy, shownProxy } from "./outbound-proxy.ts";

const proxyOf = (value: string, more: Record<string, string> = {}) => {
  const proxy = readProxy({ HTTPS_PROXY: value, ...more });
  if (!proxy) throw new Error("there is no proxy");
  return proxy;
};

describe("HTTPS_PROXY", () => {
  test.each([
    ["http://proxy.example:3128", "http://proxy.example:3128"],
    ["http://proxy.example", "http://proxy.example:80"],
    ["https://proxy.example", "https://proxy.example:443"],
    ["https://proxy.example:8443/", "https://proxy.example:8443"],
    ["proxy.example:3128", "http://proxy.example:3128"],
    ["10.0.0.1:3128", "http://10.0.0.1:3128"],
    ["http://[fd00::1]:3128", "http://[fd00::1]:3128"],
    [" http://user:pa%40ss@proxy.example:3128 ", "http://proxy.example:3128"],
  ])("%s is the proxy %s", (value, shown) => {
    expect(shownProxy(proxyOf(value))).toBe(shown);
  });

  test("lower case wins, and an empty one counts as none", () => {
    const [lower, upper] = ["http://lower.example:1", "http://upper.example:1"];
    expect(readProxy({})).toBeUndefined();
    expect(readProxy({ https_proxy: " ", HTTPS_PROXY: "" })).toBeUndefined();
    expect(readProxy({ https_proxy: lower, HTTPS_PROXY: upper })?.host).toBe("lower.example");
    expect(readProxy({ https_proxy: "", HTTPS_PROXY: upper })?.host).toBe("upper.example");
    expect(readProxy({ HTTP_PROXY: upper, http_proxy: lower, ALL_PROXY: upper })).toBeUndefined();
  });

  test.each([
    ["http://proxy.example", undefined],
    ["http://ada:lovelace@proxy.example", "ada:lovelace"],
    ["http://ada@proxy.example", "ada:"],
    ["http://ada:p%40ss%3Aw%C3%B6rd@proxy.example", "ada:p@ss:wörd"],
  ])("the credentials of %s are %s", (value, pair) => {
    const expected = pair === undefined ? undefined : `Basic ${Buffer.from(pair).toString("base64")}`;
    expect(proxyOf(value).authorization).toBe(expected);
  });

  test.each([
    "socks5://ada:lovelace@proxy.example",
    "http://ada:lovelace@",
    "ada:lovelace@",
    "http://a:lovelace%@b",
    "//",
  ])("%s is refused by a sentence that names the variable and no password", (value) => {
    for (const variable of ["https_proxy", "HTTPS_PROXY"]) {
      expect(() => readProxy({ [variable]: value })).toThrow(
        new RegExp(`^${variable} is not usable; it must be the http:// or https:// URL of a proxy`),
      );
      expect(() => readProxy({ [variable]: value })).not.toThrow(/lovelace/);
    }
  });
});

describe("NO_PROXY", () => {
  const goesThrough = (url: string, NO_PROXY: string) =>
    proxyFor(proxyOf("proxy.example:3128", { NO_PROXY }), new URL(url)) !== undefined;

  test.each([
    ["https://a.example/x", ""],
    ["https://a.example/x", "b.example, aa.example,a.example.com"],
    ["https://sub.a.example/x", "a.example"],
    ["https://a.example/x", ".a.example"],
    ["https://a.example/x", "*.a.example"],
    ["https://nota.example/x", ".a.example,*.a.example"],
    ["https://a.example/x", "a.example:8443"],
    ["https://a.example:8443/x", "a.example:443"],
    ["https://10.1.2.3/x", "10.1.2.30"],
    ["https://[2001:db8::1]/x", "2001:db8::2"],
  ])("%s goes by the proxy beside %j", (url, no) => {
    expect(goesThrough(url, no)).toBe(true);
  });

  test.each([
    ["https://a.example/x", "a.example"],
    ["https://A.Example/x", " b.example , A.EXAMPLE "],
    ["https://a.example./x", "a.example"],
    ["https://a.example/x", "b.example a.example"],
    ["https://sub.a.example/x", ".a.example"],
    ["https://deep.sub.a.example/x", "*.a.example"],
    ["https://a.example/x", "*"],
    ["https://a.example/x", "a.example:443"],
    ["https://a.example:8443/x", ".example:8443"],
    ["https://a.example:8443/x", "a.example"],
    ["https://a.example:8443/x", "*:8443"],
    ["https://10.1.2.3/x", "10.1.2.3"],
    ["https://[2001:db8::1]/x", "2001:db8::1"],
    ["https://[2001:db8::1]/x", "[2001:db8::1]:443"],
  ])("%s goes direct beside %j", (url, no) => {
    expect(goesThrough(url, no)).toBe(false);
  });

  test("what is on this computer, and what is not https, goes direct", () => {
    for (const url of [
      "https://localhost:9000/x",
      "https://idp.localhost/x",
      "https://127.0.0.1/x",
      "https://[::1]/x",
      "http://idp.example/x",
    ]) {
      expect(goesThrough(url, ""), url).toBe(false);
    }
  });

  test("counts in lower case too", () => {
    const url = new URL("https://a.example/x");
    expect(proxyFor(proxyOf("p.example", { no_proxy: "a.example", NO_PROXY: "" }), url)).toBeUndefined();
  });
});
