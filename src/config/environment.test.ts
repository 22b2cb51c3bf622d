import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { environmentOptions, loadEnvironment } from "./environment.ts";
import { parseOptions } from "./options.ts";
import { allowInsecurePublicUrl, type OAuthServerOptions } from "./options-schema.ts";

const parse = (given: unknown, environment: Record<string, string> = {}) =>
  parseOptions("my-app", given as OAuthServerOptions, environmentOptions(environment));

describe("the environment", () => {
  it("sets what the code does not, and the code wins", () => {
    const environment = {
      GATEHOUSE_PORT: "4000",
      GATEHOUSE_PUBLIC_URL: "https://env.example",
      GATEHOUSE_DEBUG: "true",
    };
    expect(parse({ port: 5000 }, environment)).toMatchObject({
      port: 5000,
      issuer: "https://env.example",
      debug: true,
    });
  });

  it("PORT and HOST of hosting platforms count where ours are not set", () => {
    expect(parse({}, { PORT: "8080", HOST: "0.0.0.0" })).toMatchObject({ port: 8080, host: "0.0.0.0" });
    expect(parse({}, { PORT: "8080", GATEHOUSE_PORT: "4000" }).port).toBe(4000);
    expect(parse({}, { HOST: "my-laptop" }).host).toBe("localhost");
  });

  it("DATABASE_URL counts where it is of Postgres and GATEHOUSE_DATABASE says nothing", () => {
    const DATABASE_URL = "postgresql://app:pw@db/app";
    expect(parse({}, { DATABASE_URL }).database).toBe(DATABASE_URL);
    expect(parse({}, { DATABASE_URL, GATEHOUSE_DATABASE: "./own.db" }).database).toBe("./own.db");
    expect(parse({ database: ":memory:" }, { DATABASE_URL }).database).toBe(":memory:");
    expect(parse({}, { DATABASE_URL: "mysql://app:pw@db/app" }).database).toBe("./gatehouse.db");
  });

  it("is passed over where it says nothing: an empty variable, a link that Kubernetes sets for a service", () => {
    const environment = {
      GATEHOUSE_PUBLIC_URL: "",
      GATEHOUSE_DATABASE: " ",
      GATEHOUSE_PORT: "tcp://10.0.0.1:80",
    };
    expect(parse({}, environment)).toEqual(parse({}));
  });

  it.each([
    ["GATEHOUSE_SECERT", "GATEHOUSE_SECRET"],
    ["GATEHOUSE_PROT", "GATEHOUSE_PORT"],
    ["GATEHOUSE_PUBLIC_UR", "GATEHOUSE_PUBLIC_URL"],
    ["GATEHOUSE_PUBLICURL", "GATEHOUSE_PUBLIC_URL"],
    ["GATEHOUSE_METRIC_TOKENS", "GATEHOUSE_METRICS_TOKEN"],
    ["GATEHOUSE_TRUSTED_PROXY", "GATEHOUSE_TRUST_PROXY"],
    ["GATEHOUSE_TRUSTED_REDIRECT", "GATEHOUSE_TRUSTED_REDIRECTS"],
    ["GATEHOUSE_REDIRECT_HOST", "GATEHOUSE_REDIRECT_HOSTS"],
    ["GATEHOUSE_BUILTIN_REDIRECTS", "GATEHOUSE_BUILT_IN_REDIRECTS"],
    ["GATEHOUSE_REGISTRATIONS", "GATEHOUSE_REGISTRATION"],
  ])("%s is refused, as %s is meant, and what it says is not repeated", (variable, meant) => {
    const sentence = `${variable} is not a variable of Gatehouse. Did you mean ${meant}? Correct it, or remove it.`;
    expect(() => parse({}, { [variable]: "a-value" })).toThrow(sentence);
    expect(parse({}, { [variable]: "" })).toEqual(parse({}));
  });

  it("has other names with our prefix: somebody's own, and what Kubernetes sets for services", () => {
    const environment = {
      GATEHOUSE_IMAGE: "registry.example/gatehouse",
      GATEHOUSE_VERSION: "1",
      GATEHOUSE_PASS: "a-word",
      GATEHOUSE_URL: "https://mcp.example",
      GATEHOUSE_SERVICE_HOST: "10.0.0.1",
      GATEHOUSE_SERVICE_PORT: "80",
      GATEHOUSE_PORT_80_TCP: "tcp://10.0.0.1:80",
      GATEHOUSE_PORT_80_TCP_PORT: "80",
      GATEHOUSE_METRICS_PORT_9464_TCP: "tcp://10.0.0.1:9464",
      GATEHOUSE_METRIC_PORT: "tcp://10.0.0.1:9464",
      GATEHOUSE_V2_PORT: "tcp://10.0.0.1:80",
      GATEHOUSE_SECRET_2: "of something else",
      GATEHOUSE_COST: "1",
      GATEHOUSE_CORES: "2",
    };
    expect(parse({}, environment)).toEqual(parse({}));
  });

  it("makes TLS of two variables, and says which one is missing", () => {
    const pem = "-----BEGIN x-----";
    expect(parse({}, { GATEHOUSE_TLS_CERT: pem, GATEHOUSE_TLS_KEY: pem })).toMatchObject({
      tls: { cert: pem, key: pem },
      issuer: "https://localhost:3000",
    });
    expect(() => parse({}, { GATEHOUSE_TLS_CERT: pem })).toThrow(/^tls\.key is missing/);
  });

  it("comes from .env too, which the real one overrides and which may be missing", () => {
    const folder = mkdtempSync(join(tmpdir(), "gatehouse-"));
    const real = { GATEHOUSE_PORT: "4000" };
    expect(loadEnvironment(folder, real)).toEqual(real);
    writeFileSync(join(folder, ".env"), 'GATEHOUSE_PORT=5000\n# a comment\nGATEHOUSE_DATABASE="a b.db"\n');
    expect(loadEnvironment(folder, real)).toEqual({ GATEHOUSE_PORT: "4000", GATEHOUSE_DATABASE: "a b.db" });
  });

  it("is named in the sentence where it is wrong", () => {
    expect(() => parse({}, { GATEHOUSE_PORT: "http" })).toThrow(/^GATEHOUSE_PORT is "http"/);
    expect(() => parse({}, { GATEHOUSE_ACCESS_TOKEN_SECONDS: "0" })).toThrow(
      /^GATEHOUSE_ACCESS_TOKEN_SECONDS is 0/,
    );
  });

  it.each([
    ["PORT", "http"],
    ["GATEHOUSE_HOST", "http://localhost"],
    ["GATEHOUSE_PUBLIC_URL", "http://mcp.example"],
    ["GATEHOUSE_ALLOW_INSECURE_PUBLIC_URL", "perhaps"],
    ["GATEHOUSE_PATH", "mcp"],
    ["GATEHOUSE_DATABASE", "mysql://db/x"],
    ["GATEHOUSE_SECRET", "short"],
    ["GATEHOUSE_SUPPORTED_SCOPES", 'mcp,to"do'],
    ["GATEHOUSE_REQUIRED_SCOPES", "mcp,todo"],
    ["GATEHOUSE_CHALLENGE_SCOPES", "mcp,todo"],
    ["GATEHOUSE_REFRESH_TOKEN_SECONDS", "-1"],
    ["GATEHOUSE_GRANT_SECONDS", "1y"],
    ["GATEHOUSE_REFRESH_GRACE_SECONDS", "3601"],
    ["GATEHOUSE_ACCESS_TOKENS_CHECKED_ELSEWHERE", "sometimes"],
    ["GATEHOUSE_CORS", "https://a.example,b.example"],
    ["GATEHOUSE_REGISTRATION", "closed"],
    ["GATEHOUSE_TRUSTED_REDIRECTS", "a.example,https://b.example"],
    ["GATEHOUSE_BUILT_IN_REDIRECTS", "some"],
    ["GATEHOUSE_REDIRECT_HOSTS", "*.example.com,*"],
    ["GATEHOUSE_TRUST_PROXY", "nginx"],
    ["GATEHOUSE_SESSIONS", "2"],
    ["GATEHOUSE_DEBUG", "loud"],
  ])("is named, though only one item of %s=%s may be wrong", (variable, value) => {
    expect(() => parse({}, { [variable]: value })).toThrow(new RegExp(`^${variable} (is|holds) `));
  });

  it("is not blamed for what the code says", () => {
    const insecure = { GATEHOUSE_ALLOW_INSECURE_PUBLIC_URL: "true" };
    expect(() => parse({ port: 65_536 }, { GATEHOUSE_PORT: "3000" })).toThrow(/^port is 65536/);
    expect(() => parse({ cors: ["a.example"] }, { GATEHOUSE_CORS: "*" })).toThrow(/^cors\[0\] is/);
    expect(() => parse({ publicUrl: "http://a.example", [allowInsecurePublicUrl]: false }, insecure)).toThrow(
      /^publicUrl is/,
    );
  });

  it("gives lists and secrets, newest first", () => {
    const [newer, older] = ["n".repeat(32), "o".repeat(32)];
    const settings = parse(
      {},
      { GATEHOUSE_SECRET: `${newer}, ${older}`, GATEHOUSE_CORS: "https://a.example,https://b.example" },
    );
    expect(settings.secrets).toEqual([newer, older]);
    expect(settings.cors).toEqual(["https://a.example", "https://b.example"]);
    const redirects = parse(
      {},
      {
        GATEHOUSE_TRUSTED_REDIRECTS: "app.example.com, myapp:",
        GATEHOUSE_BUILT_IN_REDIRECTS: "no",
        GATEHOUSE_REDIRECT_HOSTS: "claude.ai,*.example.com,cursor:",
        GATEHOUSE_REGISTRATION: "off",
        GATEHOUSE_CLIENT_ID_METADATA_DOCUMENTS: "false",
      },
    );
    expect([...redirects.trustedRedirects]).toEqual(["app.example.com", "myapp:"]);
    expect([...(redirects.redirectHosts ?? [])]).toEqual(["claude.ai", "*.example.com", "cursor:"]);
    expect(redirects.registration).toBe(false);
    expect(redirects.clientIdMetadataDocuments).toBe(false);
  });
});
