import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConfigurationError } from "../core/errors.ts";
import { environmentOptions } from "./environment.ts";
import { parseOptions, withPort } from "./options.ts";
import { allowInsecurePublicUrl, type OAuthServerOptions } from "./options-schema.ts";

const parse = (given: unknown, environment: Record<string, string> = {}) =>
  parseOptions("my-app", given as OAuthServerOptions, environmentOptions(environment));

describe("what is public", () => {
  it.each([
    [{}, "/mcp/public"],
    [{ path: "/tools" }, "/tools/public"],
    [{ publicPath: "/anyone" }, "/anyone"],
    [{ askToSignIn: "call" }, undefined],
  ])("%j: it is at %s", (given, publicPath) => {
    expect(parse(given).publicPath).toBe(publicPath);
  });

  it.each([
    [
      { askToSignIn: "\u202ellac\u0007\u0085\u2028" },
      /is "\\u\{202e\}llac\\u0007\\u\{0085\}\\u\{2028\}"; it must/,
    ],
    [{ publicPath: "anyone" }, /^publicPath is "anyone"; it must be a path such as/],
    [{ publicPath: "/%2e%2e/a" }, /^publicPath is "\/%2e%2e\/a"; it must be a path such as/],
    [{ publicPath: "/a/../b" }, /^publicPath is "\/a\/\.\.\/b"; it must be a path without the segments/],
    [{ path: "/a/." }, /^path is "\/a\/\."; it must be a path without the segments/],
    [{ path: "/.." }, /^path is "\/\.\."; it must be a path without the segments/],
    [{ publicPath: "/mcp" }, /^publicPath is "\/mcp"; it must be another path than the MCP endpoint's/],
    [{ publicPath: "/anyone", askToSignIn: "call" }, /^publicPath is given, but with askToSignIn: "call"/],
    [{ askToSignIn: "never" }, /^askToSignIn is "never"; it must be "connect" or "call"/],
    [{ resultChallengeFor: "x" }, /^resultChallengeFor is "x"; it must be a list of names of clients/],
    [{ resultChallengeFor: ["x"] }, /^resultChallengeFor is given, but with askToSignIn: "connect" clients/],
    [{ resultChallengeFor: [""] }, /^resultChallengeFor\[0\] is empty; it must be the name of a client/],
    [{ publicRequestsPerMinute: 0 }, /^publicRequestsPerMinute is 0; it must be a whole number from 1/],
  ])("%j is refused", (given, message) => {
    expect(() => parse(given)).toThrow(message);
  });

  it.each([
    [{ GATEHOUSE_RESULT_CHALLENGE_FOR: "x" }, /^GATEHOUSE_RESULT_CHALLENGE_FOR is given, but with/],
    [{ GATEHOUSE_RESULT_CHALLENGE_FOR: "," }, /^GATEHOUSE_RESULT_CHALLENGE_FOR is ","; it must be a list of/],
    [{ GATEHOUSE_REDIRECT_HOSTS: " , ," }, /^GATEHOUSE_REDIRECT_HOSTS is ", ,"; it must be/],
    [{ GATEHOUSE_CORS: "," }, /^GATEHOUSE_CORS is ","; it must be "\*" or a list of origins/],
    [{ GATEHOUSE_SUPPORTED_SCOPES: "," }, /^GATEHOUSE_SUPPORTED_SCOPES is ","; it must be a list of scopes/],
    [{ GATEHOUSE_SECRET: "," }, /^GATEHOUSE_SECRET is not usable; it must be/],
  ])("%j is refused", (environment, message) => {
    expect(() => parse({}, environment)).toThrow(message);
  });

  it("can be said by the environment", () => {
    const environment = {
      GATEHOUSE_ASK_TO_SIGN_IN: "call",
      GATEHOUSE_RESULT_CHALLENGE_FOR: "one, another one",
    };
    expect(parse({}, environment)).toMatchObject({
      askToSignIn: "call",
      resultChallengeFor: ["one", "another one"],
    });
  });
});

describe("without options", () => {
  it("everything has its default", () => {
    expect(parse({})).toMatchObject({
      name: "my-app",
      host: "localhost",
      port: 3000,
      issuer: "http://localhost:3000",
      resource: "http://localhost:3000/mcp",
      basePath: "",
      database: "./gatehouse.db",
      databaseConnections: 10,
      cachedTokens: 10_000,
      staleSeconds: 30,
      accessTokenSeconds: 1800,
      refreshTokenSeconds: 30 * 86_400,
      refreshGraceSeconds: 300,
      accessTokensCheckedElsewhere: false,
      cors: "*",
      debug: false,
      sessions: false,
    });
  });

  it("the basic scope is mcp, and every request needs it", () => {
    const { catalogue } = parse({});
    expect([...catalogue.descriptions]).toEqual([["mcp", "Use the tools of my-app"]]);
    expect(catalogue.required).toEqual(["mcp"]);
  });
});

describe("where people are sent", () => {
  it("without options: to the hosts and schemes of well-known clients, and clients may register any", () => {
    const { trustedRedirects, redirectHosts, registration } = parse({});
    for (const entry of ["claude.ai", "claude.com", "chatgpt.com", "vscode.dev", "cursor:", "workbuddy:"]) {
      expect(trustedRedirects).toContain(entry);
    }
    expect({ redirectHosts, registration }).toEqual({ redirectHosts: undefined, registration: true });
  });

  it("trustedRedirects adds, builtInRedirects takes away, redirectHosts limits", () => {
    const trustedRedirects = ["App.example.com", "myapp:"];
    expect(parse({ trustedRedirects }).trustedRedirects).toContain("app.example.com");
    expect(parse({ trustedRedirects }).trustedRedirects).toContain("claude.ai");
    expect([...parse({ trustedRedirects, builtInRedirects: false }).trustedRedirects]).toEqual([
      "app.example.com",
      "myapp:",
    ]);
    expect([...(parse({ redirectHosts: ["*.Example.com", "cursor:"] }).redirectHosts ?? [])]).toEqual([
      "*.example.com",
      "cursor:",
    ]);
    expect(parse({ redirectHosts: [] }).redirectHosts?.size).toBe(0);
  });
});

describe("URLs", () => {
  it.each([
    ["https://mcp.example", "https://mcp.example/mcp", ""],
    ["https://mcp.example/", "https://mcp.example/mcp", ""],
    ["https://mcp.example/team", "https://mcp.example/team/mcp", "/team"],
    ["https://MCP.example:8443", "https://MCP.example:8443/mcp", ""],
  ])("publicUrl %s is the issuer byte for byte", (publicUrl, resource, basePath) => {
    expect(parse({ publicUrl })).toMatchObject({ issuer: publicUrl, resource, basePath });
  });

  it("are made from the port that was opened, unless there is a publicUrl", () => {
    expect(withPort(parse({ port: 0 }), 49_152)).toMatchObject({
      port: 49_152,
      issuer: "http://localhost:49152",
      resource: "http://localhost:49152/mcp",
    });
    expect(withPort(parse({ publicUrl: "https://mcp.example" }), 49_152).issuer).toBe("https://mcp.example");
  });

  it("http:// on a network needs an option that shows the danger", () => {
    expect(() => parse({ publicUrl: "http://mcp.example" })).toThrow(/allowInsecurePublicUrl/);
    expect(parse({ publicUrl: "http://mcp.example", [allowInsecurePublicUrl]: true }).issuer).toBe(
      "http://mcp.example",
    );
    expect(parse({ publicUrl: "http://127.0.0.1:9000" }).issuer).toBe("http://127.0.0.1:9000");
  });
});

describe("a wrong value stops the start with a sentence that names the option and what would be right", () => {
  it.each<[unknown, RegExp]>([
    [{ port: "3000" }, /^port is "3000"; it must be a port from 0 to 65535, as a number without quotes\.$/],
    [{ port: 65_536 }, /^port is 65536/],
    [{ port: 1.5 }, /^port is 1\.5/],
    [{ host: "" }, /^host is empty/],
    [{ host: "http://localhost" }, /^host is "http:\/\/localhost"; .* without scheme and port/],
    [{ host: "localhost:3000" }, /^host /],
    [{ host: "[::1]" }, /^host /],
    [{ host: "192.0.2.7" }, /^publicUrl is missing; .* for 192\.0\.2\.7, because tokens and passwords/],
    [{ database: "" }, /^database is empty/],
    [{ database: "mysql://me:pw@db/x" }, /^database is "mysql:\/\/…@db\/x"; it must be a file/],
    [
      { database: "postgres://me:p/w?@db/x" },
      /^database is "postgres:\/\/…@db\/x"; it .* percent-encoded\.$/,
    ],
    [{ database: "postgres://me:pw@db:99999/x" }, /it must be "postgres:\/\/.*a port up to 65535/],
    [{ database: "postgre://me:pw@db/x" }, /^database is "postgre:\/\/…@db\/x"; it must be "postgres:/],
    [{ database: "postgres:/me:pw@db/x" }, /^database is "postgres:\/…@db\/x"; it must be "postgres:/],
    [{ database: "postgres:me:pw@db/x" }, /^database is "postgres:…@db\/x"; it must be "postgres:/],
    [{ database: "postgres//me:pw@db/x" }, /^database is "postgres\/\/…@db\/x"; it must be "postgres:/],
    [{ cachedTokens: 0 }, /^cachedTokens is 0; it must be a whole number from 1 to 1000000/],
    [{ staleSeconds: -1 }, /^staleSeconds is -1; it must be a whole number of seconds from 0 to 3600/],
    [{ databaseConnections: 0 }, /^databaseConnections is 0; it must be a whole number from 1 to 1000/],
    [{ secret: "short" }, /^secret is not usable; it must be 32 characters or more .*openssl/],
    [{ secret: ["n".repeat(32), "short"] }, /^secret\[1\] is not usable/],
    [{ secret: [] }, /^secret is not usable/],
    [
      { secret: ["n".repeat(44), `${"o".repeat(44)} until 2026-12-22T09:30:00.000Z`] },
      /^secret is not usable; it must be one line of the key file at a time, without the "until …"/,
    ],
    [{ secret: `${"n".repeat(44)}\n${"o".repeat(44)}` }, /^secret is not usable; it must be one line/],
    [{ trustProxy: 1 }, /^trustProxy is 1; it must be true or false\.$/],
    [{ sessions: "no" }, /^sessions is "no"/],
    [{ handleSignals: null }, /^handleSignals is null/],
    [{ grantSeconds: 5 }, /^grantSeconds is 5; it must be a whole number of seconds from 60/],
    [{ path: "mcp" }, /^path is "mcp"; it must be a path such as "\/mcp"/],
    [{ path: "/mcp/" }, /^path /],
    [{ publicUrl: "mcp.example" }, /^publicUrl is "mcp\.example"; it must be an absolute https:\/\/ URL/],
    [{ publicUrl: "https://mcp.example/mcp" }, /^publicUrl .*without \/mcp at its end/],
    [{ publicUrl: "https://a:b@mcp.example" }, /^publicUrl is "https:\/\/…@mcp\.example"/],
    [{ publicUrl: "https://mcp.example?x" }, /^publicUrl /],
    [{ publicUrl: "ftp://mcp.example" }, /^publicUrl /],
    [{ publicUrl: "https://" }, /^publicUrl /],
    [{ publicUrl: "https://mcp.example#x" }, /^publicUrl /],
    [{ publicUrl: "https://mcp.example\\x" }, /^publicUrl /],
    [{ publicUrl: "https://mcp.example/a b" }, /^publicUrl /],
    [{ publicUrl: "https://mcp.example/a/../b" }, /^publicUrl .*normal form/],
    [{ publicUrl: "https://mcp.example//a" }, /^publicUrl .*normal form/],
    [{ publicUrl: "http://0.0.0.0:3000" }, /^publicUrl .*address that clients connect to/],
    [{ publicUrl: "http://localhost.example.com" }, /^publicUrl .*https/],
    [{ publicUrl: "http://127.0.0.1.example.com" }, /^publicUrl .*https/],
    [
      { accessTokenSeconds: 0 },
      /^accessTokenSeconds is 0; it must be a whole number of seconds from 1 to 86400\.$/,
    ],
    [{ refreshTokenSeconds: "30d" }, /^refreshTokenSeconds is "30d"/],
    [{ refreshGraceSeconds: -1 }, /^refreshGraceSeconds is -1/],
    [{ supportedScopes: [] }, /^supportedScopes /],
    [{ supportedScopes: {} }, /^supportedScopes /],
    [{ supportedScopes: ["a b"] }, /supportedScopes/],
    [{ supportedScopes: { "todo:read": 5 } }, /supportedScopes/],
    [{ supportedScopes: ["a", "offline_access"] }, /supportedScopes/],
    [{ challengeScopes: "mcp" }, /^challengeScopes is "mcp"; it must be a list of scopes\.$/],
    [{ challengeScopes: ["a b"] }, /^challengeScopes\[0\] is "a b"/],
    [{ challengeScopes: ["other"] }, /^challengeScopes holds "other", which is not in supportedScopes/],
    [{ challengeScopes: ["offline_access"] }, /^challengeScopes/],
    [{ requiredScopes: ["other"] }, /^requiredScopes holds "other", which is not in supportedScopes/],
    [{ scopeImplies: { mcp: ["other"] } }, /^scopeImplies holds "other"/],
    [{ scopeImplies: { "a b": ["mcp"] } }, /^scopeImplies names "a b"; it must be a scope without spaces/],
    [{ scopeImplies: { mcp: "other" } }, /^scopeImplies\.mcp is "other"; it must be a list of scopes/],
    [{ cors: ["https://a.example/path"] }, /^cors/],
    [{ debug: "yes" }, /^debug is "yes"; it must be true or false\.$/],
    [{ loginTemplate: "<p>no form</p>" }, /loginTemplate/],
    [
      {
        loginTemplate: '<form method="post"><input name="state" value="{state}"></form>',
        loginHandler: () => new Response(),
      },
      /loginTemplate and loginHandler/,
    ],
    [{ loginHandler: "x" }, /^loginHandler is "x"; it must be a function\.$/],
    [
      { tls: { cert: "/nowhere.pem", key: "/nowhere.key" } },
      /^tls\.cert is neither PEM text nor the name of a file \(there is no such file: \/nowhere\.pem\)/,
    ],
    [{ tls: { cert: "x" } }, /^tls\.key is missing/],
    [{ clients: [{ id: "x" }] }, /^clients\[0\]\.redirectUris is missing/],
    [{ clients: [{ id: "x", redirectUris: ["javascript:alert(1)"] }] }, /The client x: .*javascript/],
    [
      { clients: [{ id: "x", redirectUris: ["https://a.example/"], redirectUri: 1 }] },
      /clients\[0\]\.redirectUri is not an option. Did you mean redirectUris\?/,
    ],
    [
      { trustedRedirects: ["https://app.example.com/cb"] },
      /^trustedRedirects\[0\] is "https:\/\/app\.example\.com\/cb"; it must be a host without https:\/\/ and path/,
    ],
    [
      { trustedRedirects: ["a.example", "javascript:"] },
      /^trustedRedirects\[1\] is "javascript:"; .* never allowed/,
    ],
    [
      { trustedRedirects: "app.example.com" },
      /^trustedRedirects is "app\.example\.com"; it must be a list of hosts/,
    ],
    [{ trustedRedirects: ["cursor"] }, /^trustedRedirects\[0\] is "cursor"; it must be "cursor:"/],
    [{ redirectHosts: ["*"] }, /^redirectHosts\[0\] is "\*"; it must be a host/],
    [{ redirectHosts: ["https:"] }, /^redirectHosts\[0\] is "https:"; it must be a host/],
    [{ redirectHosts: "*.example.com" }, /^redirectHosts is "\*\.example\.com"; it must be a list of hosts/],
    [{ redirectHosts: [7] }, /^redirectHosts\[0\] is 7; it must be a host/],
    [{ redirectHost: ["a.example"] }, /^redirectHost is not an option\. Did you mean redirectHosts\?$/],
    [
      { trustedRedirect: ["a.example"] },
      /^trustedRedirect is not an option\. Did you mean trustedRedirects\?$/,
    ],
    [{ builtinRedirects: "no" }, /^builtinRedirects is not an option\. Did you mean builtInRedirects\?$/],
    [{ builtInRedirects: "no" }, /^builtInRedirects is "no"; it must be true or false\.$/],
    [{ registration: "off" }, /^registration is "off"; it must be true or false\.$/],
    [{ clientIdMetadataDocuments: "no" }, /^clientIdMetadataDocuments is "no"; it must be true or false\.$/],
    [
      { clientIDMetadataDocuments: false },
      /^clientIDMetadataDocuments is not an option\. Did you mean clientIdMetadataDocuments\?$/,
    ],
    [
      { clients: [{ id: "x", redirectUris: ["applescript://x"] }] },
      /The client x: .*applescript: is never allowed/,
    ],
    [
      { clients: [{ id: "x", redirectUris: ["app.example:8080/cb"] }] },
      /The client x: .*put https:\/\/ before it/,
    ],
    [{ prot: 3000 }, /^prot is not an option\. Did you mean port\?$/],
    [{ issuer: "https://a.example" }, /^issuer is not an option\. Did you mean publicUrl\?$/],
    ...[
      "db_path",
      "dbPath",
      "db",
      "db_url",
      "dbFile",
      "databaseUrl",
      "DATABASE_PATH",
      "sqlite",
      "postgres",
    ].map((name): [object, RegExp] => [{ [name]: "x" }, /is not an option\. Did you mean database\?$/]),
    [{ supported_scopes: ["mcp"] }, /^supported_scopes is not an option\. Did you mean supportedScopes\?$/],
    [{ required_scopes: ["mcp"] }, /^required_scopes is not an option\. Did you mean requiredScopes\?$/],
    [{ challenge_scopes: ["mcp"] }, /^challenge_scopes is not an option\. Did you mean challengeScopes\?$/],
    [{ scope: "mcp" }, /Did you mean supportedScopes\?$/],
    [{ clientId: "x" }, /^clientId is not an option\. Did you mean clients\?$/],
    [{ client_secret: "x" }, /^client_secret is not an option\. Did you mean clients\?$/],
    [{ clients: [{ clientId: "x", redirectUris: [] }] }, /^clients\[0\]\.clientId .* Did you mean id\?$/],
    [{ clients: [{ client_id: "x" }] }, /^clients\[0\]\.client_id .* Did you mean id\?$/],
    [{ clients: [{ id: "x", clientSecret: "y" }] }, /^clients\[0\]\.clientSecret .* Did you mean secret\?$/],
    [{ clients: [{ id: "x", client_name: "y" }] }, /^clients\[0\]\.client_name .* Did you mean name\?$/],
    [{ clients: [{ id: "x", redirect_uris: [] }] }, /Did you mean redirectUris\?$/],
  ])("%j", (given, message) => {
    expect(() => parse(given)).toThrow(ConfigurationError);
    expect(() => parse(given)).toThrow(message);
  });

  it("and never repeats a secret", () => {
    for (const given of [
      { secret: [""] },
      { secret: 12_345_678 },
      { clients: [{ id: "c", secret: 12_345_678 }] },
    ]) {
      expect(() => parse(given)).toThrow(ConfigurationError);
      expect(() => parse(given)).not.toThrow(/12345678/);
    }
  });

  it("whatever it is: nothing but a ConfigurationError comes out", () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.constantFrom(
            "host",
            "port",
            "publicUrl",
            "path",
            "cors",
            "clients",
            "tls",
            "secret",
            "__proto__",
          ),
          fc.anything(),
        ),
        (given) => {
          try {
            parse(given);
          } catch (error) {
            expect(error).toBeInstanceOf(ConfigurationError);
          }
        },
      ),
    );
  });
});

it("a name is needed", () => {
  for (const name of ["", " ", undefined]) {
    expect(() => parseOptions(name as string)).toThrow(/^The name is missing/);
  }
});

describe("a public URL that is taken", () => {
  it("is the issuer byte for byte, and its path is the one that requests come with", () => {
    fc.assert(
      fc.property(
        fc.webUrl({ validSchemes: ["https"], withQueryParameters: false, withFragments: false }),
        (publicUrl) => {
          let settings: ReturnType<typeof parse>;
          try {
            settings = parse({ publicUrl });
          } catch (error) {
            expect(error).toBeInstanceOf(ConfigurationError);
            return;
          }
          expect(settings.issuer).toBe(publicUrl);
          expect(new URL(settings.resource).pathname).toBe(`${settings.basePath}/mcp`);
        },
      ),
    );
  });
});

describe("text where there is no text", () => {
  it.each([
    [{ port: "9331" }, 'port is "9331"; it must be a port from 0 to 65535, as a number without quotes.'],
    [
      { grantSeconds: "60" },
      'grantSeconds is "60"; it must be a whole number of seconds from 60 to 315360000, as a number without quotes.',
    ],
    [
      { metrics: { port: "9464" } },
      'metrics.port is "9464"; it must be a port from 0 to 65535, as a number without quotes.',
    ],
    [{ debug: "true" }, 'debug is "true"; it must be true or false, without quotes.'],
    [{ port: "web" }, 'port is "web"; it must be a port from 0 to 65535.'],
  ])("%j is told how to write it", (options, sentence) => {
    expect(() => parse(options)).toThrow(sentence);
  });

  it("is read from the environment, where everything is text", () => {
    expect(parse({}, { GATEHOUSE_PORT: "9331", GATEHOUSE_DEBUG: "true" })).toMatchObject({
      port: 9331,
      debug: true,
    });
    expect(() => parse({}, { GATEHOUSE_PORT: "9331x" })).toThrow(
      'GATEHOUSE_PORT is "9331x"; it must be a port from 0 to 65535.',
    );
  });
});
