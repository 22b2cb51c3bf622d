import { describe, expect, it } from "vitest";
import { environmentOptions } from "./environment.ts";
import { parseOptions } from "./options.ts";
import type { OAuthServerOptions } from "./options-schema.ts";

const TOKEN = "t".repeat(32);

function metricsOf(metrics: OAuthServerOptions["metrics"], environment: Record<string, string> = {}) {
  return parseOptions("x", { metrics }, environmentOptions(environment)).metrics;
}

describe("metrics", () => {
  it("are off unless the options say where they are read", () => {
    expect(parseOptions("x").metrics).toBeUndefined();
  });

  it("have a port of their own, on this computer unless said otherwise", () => {
    expect(metricsOf({ port: 9464 })).toEqual({ port: 9464, host: "localhost", token: undefined });
    expect(metricsOf({ port: 9464, host: "0.0.0.0" })).toMatchObject({ host: "0.0.0.0" });
  });

  it("or are on the main port, behind a token", () => {
    expect(metricsOf({ token: TOKEN })).toMatchObject({ port: undefined, token: TOKEN });
  });

  it("come from the environment", () => {
    const environment = {
      GATEHOUSE_METRICS_PORT: "9464",
      GATEHOUSE_METRICS_HOST: "::",
      GATEHOUSE_METRICS_TOKEN: TOKEN,
    };
    expect(metricsOf(undefined, environment)).toEqual({ port: 9464, host: "::", token: TOKEN });
  });

  it.each<[unknown, RegExp]>([
    [
      {},
      /^metrics\.port is missing; .*GATEHOUSE_METRICS_PORT.*GATEHOUSE_METRICS_TOKEN.* on the main port\.$/,
    ],
    [{ host: "0.0.0.0", token: TOKEN }, /^metrics\.port is missing; .*beside metrics\.host/],
    [{ port: 3000 }, /^metrics\.port is 3000; it must be another port than the server's\.$/],
    [{ port: "9464" }, /^metrics\.port is "9464"; it must be a port/],
    [{ port: 9464, host: "http://localhost" }, /^metrics\.host is "http:\/\/localhost"; .* without scheme/],
    [true, /^metrics is true; it must be \{ port \} or \{ token \}\.$/],
    [
      { port: 9464, path: "/metrics" },
      /^metrics\.path is not an option\. The options are: port, host, token\.$/,
    ],
  ])("refuses %j with a sentence", (metrics, sentence) => {
    expect(() => metricsOf(metrics as OAuthServerOptions["metrics"])).toThrow(sentence);
  });

  it.each([["short"], [`${TOKEN} `], [`${TOKEN}é`], [12]])(
    "never repeats a token that it refuses: %j",
    (token) => {
      const refusal = /^metrics\.token is not usable; it must be 32 letters, digits and .* or more .*openssl/;
      expect(() => metricsOf({ token: token as string })).toThrow(refusal);
      expect(() => metricsOf(undefined, { GATEHOUSE_METRICS_TOKEN: "hunter2" })).toThrow(
        /^GATEHOUSE_METRICS_TOKEN is not usable/,
      );
    },
  );

  it("names the variable where the environment is wrong", () => {
    expect(() => metricsOf(undefined, { GATEHOUSE_METRICS_PORT: "http" })).toThrow(
      /^GATEHOUSE_METRICS_PORT is "http"/,
    );
    expect(() => metricsOf(undefined, { GATEHOUSE_METRICS_PORT: "3000" })).toThrow(
      /^GATEHOUSE_METRICS_PORT is 3000/,
    );
  });

  it("is not mistaken for what Kubernetes sets for a service of that name", () => {
    expect(metricsOf(undefined, { GATEHOUSE_METRICS_PORT: "tcp://10.0.0.1:9464" })).toBeUndefined();
  });
});

describe("shutdownDelaySeconds", () => {
  it("is 0 unless said, and five minutes at most", () => {
    expect(parseOptions("x").shutdownDelaySeconds).toBe(0);
    expect(() => parseOptions("x", { shutdownDelaySeconds: 301 })).toThrow(
      /^shutdownDelaySeconds is 301; .* 0 to 300/,
    );
  });
});
