import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { parseOptions } from "../../src/config/options.ts";
import { type Check, checkNetwork, type NetworkParts } from "../../src/operations/network-checks.ts";
import { readProxy } from "../../src/platform/outbound-proxy.ts";
import { safeFetch } from "../../src/platform/safe-fetch.ts";
import { CHECKOUT } from "../support/checkout.ts";
import { startProxy } from "../support/connect-proxy.ts";
import { reachesThisComputer, startOrigin, testCertificate } from "../support/https-origin.ts";
import { AUDIENCE, startIssuer } from "../support/issuer.ts";
import { freePort } from "../support/listening.ts";
import { startMailServer } from "../support/mail/mail-server.ts";
import {
  type Environment,
  gatehouse,
  start,
  startDemo,
  temporaryFolder,
} from "../support/processes/command.ts";
import { metadataOf, startSamlIdp } from "../support/sign-in/saml-idp.ts";

type Report = { readonly ok: boolean; readonly proxy: string | null; readonly checks: readonly Check[] };

const WITHOUT_DOCUMENTS = { GATEHOUSE_CLIENT_ID_METADATA_DOCUMENTS: "false" };
const BY_MAIL = { SIGN_IN: "magic_link", SIGN_IN_ADMIT: "anyone" };
/** Nothing listens there. */
const NOWHERE = `http://localhost:${await freePort()}`;

/** What it says to programs. The exit code says whether something is wrong. */
async function check(parameters: readonly string[], env: Environment = {}, cwd?: string) {
  const folder = cwd ?? (await temporaryFolder());
  const { exitCode, stdout, stderr } = await gatehouse(["check", "--json", ...parameters], {
    cwd: folder,
    env,
  });
  const report = JSON.parse(stdout) as Report;
  expect({ exitCode, stderr }).toEqual({ exitCode: report.ok ? 0 : 1, stderr: "" });
  expect(report.checks.some(({ result }) => result === "failed")).toBe(!report.ok);
  return { ...report, stdout, of: (what: string) => report.checks.find((one) => one.what === what) };
}

describe("gatehouse check", () => {
  it("finds nothing wrong where the server answers", async () => {
    const demo = await startDemo();
    const report = await check(["--public-url", demo.origin], WITHOUT_DOCUMENTS, demo.cwd);
    expect(report).toMatchObject({ ok: true, proxy: null });
    expect(report.of("public URL")).toMatchObject({
      result: "ok",
      detail: `${demo.url} answers as this server`,
    });
    expect(report.of("database")).toMatchObject({ result: "ok" });
    for (const what of ["DNS", "Claude's document", "Claude Code's document", "VS Code's document"]) {
      expect(report.of(what)).toMatchObject({
        result: "skipped",
        detail: "not needed: clientIdMetadataDocuments is false",
      });
    }
  });

  it.each<[string, string, Environment, RegExp]>([
    ["passkeys alone", "https://mcp.example", { SIGN_IN: "passkeys" }, /signIn has only passkeys\(\)/],
    ["totp alone", "https://mcp.example", { SIGN_IN: "totp" }, /no way to sign in before it/],
    [
      "mail without a server",
      "https://mcp.example",
      { SIGN_IN: "magic_link", SIGN_IN_ADMIT_EMAILS: "*@a.com" },
      /neither smtp nor send/,
    ],
    [
      "SAML on plain http",
      "http://10.0.0.1",
      { SIGN_IN: "saml", SIGN_IN_SAML_METADATA: metadataOf(), GATEHOUSE_ALLOW_INSECURE_PUBLIC_URL: "true" },
      /sign-in with SAML needs an https:\/\/ publicUrl/,
    ],
    [
      "passkeys at an address",
      "https://10.0.0.1",
      { SIGN_IN: "users,passkeys" },
      /no passkeys for an IP address/,
    ],
  ])("says what would stop the server: %s", async (_what, url, env, sentence) => {
    const cwd = await temporaryFolder();
    const { exitCode, stderr } = await gatehouse(["check", "--public-url", url], {
      cwd,
      env: { ...WITHOUT_DOCUMENTS, ...env },
    });
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: expect.stringMatching(sentence) });
  });

  describe("reaches the mail server, and sends no mail", () => {
    const login = { user: "mcp", password: "lovelace-1815" };
    const env = (smtp: string) => ({
      ...WITHOUT_DOCUMENTS,
      ...BY_MAIL,
      SIGN_IN_MAGIC_LINK_SMTP: smtp,
      SIGN_IN_MAGIC_LINK_FROM: "no-reply@mcp.example",
    });
    const of = async (smtp: string) => {
      const report = await check([], env(smtp));
      expect(report.stdout).not.toContain(login.password);
      return report.of("sign-in with magic_link");
    };

    it("on this computer", async () => {
      const mail = await startMailServer({ login });
      expect(await of(`smtp://mcp:${login.password}@127.0.0.1:${mail.port}`)).toEqual({
        what: "sign-in with magic_link",
        result: "ok",
        detail: `the mail server 127.0.0.1:${mail.port} accepts the login`,
      });
      expect(await of(`smtp://mcp:${login.password}1@127.0.0.1:${mail.port}`)).toMatchObject({
        result: "failed",
        detail: expect.stringMatching(/^The mail server .* refused the username or password .*Check smtp$/),
      });
      const without = await startMailServer();
      expect(await of(without.smtp)).toMatchObject({
        result: "ok",
        detail: expect.stringMatching(/ answers$/),
      });
      expect([...mail.mails, ...without.mails]).toEqual([]);
      await mail.stop();
      expect(await of(mail.smtp)).toMatchObject({
        result: "failed",
        detail: expect.stringMatching(/can't be reached: ESOCKET ECONNREFUSED CONN$/),
        advice: expect.stringContaining("SMTP does not go through HTTPS_PROXY"),
      });
    });

    it("on a network, by TLS", async () => {
      const certificate = join(CHECKOUT, "test/support/tls/mail.cert.pem");
      const tls = { key: testCertificate.key, cert: readFileSync(certificate, "utf8") };
      const { port, mails } = await startMailServer({ login, tls });
      const smtp = `smtp://mcp:${login.password}@0.0.0.0:${port}`;
      // A process of its own: what it trusts is the process's.
      const { ended } = start(process.execPath, [join(CHECKOUT, "src/cli/main.ts"), "check", "--json"], {
        cwd: await temporaryFolder(),
        env: { ...env(smtp), NODE_EXTRA_CA_CERTS: certificate },
      });
      const { checks } = JSON.parse((await ended).stdout) as Report;
      expect(checks.find(({ what }) => what === "sign-in with magic_link")).toMatchObject({
        result: "ok",
        detail: `the mail server 0.0.0.0:${port} accepts the login, by TLS`,
      });
      expect(await of(smtp)).toMatchObject({
        result: "failed",
        detail: expect.stringContaining("has a certificate that no authority signed that Node trusts"),
      });
      const plain = await startMailServer({ login });
      expect(await of(`smtp://mcp:${login.password}@0.0.0.0:${plain.port}`)).toMatchObject({
        result: "failed",
        detail: expect.stringContaining("does not offer TLS"),
      });
      expect([...mails, ...plain.mails]).toEqual([]);
    });

    it("where there is one", async () => {
      const report = await check([], { ...WITHOUT_DOCUMENTS, ...BY_MAIL });
      expect(report.of("sign-in with magic_link")).toMatchObject({
        result: "skipped",
        detail: "mails are printed on the terminal",
      });
    });
  });

  describe("reaches a company's metadata", () => {
    const of = async (env: Environment, cwd?: string) => {
      const report = await check([], { ...WITHOUT_DOCUMENTS, SIGN_IN: "saml", ...env }, cwd);
      return report.of("sign-in with saml");
    };

    it("at its URL", async () => {
      const idp = await startSamlIdp();
      const env = { SIGN_IN_SAML_METADATA: idp.metadataUrl, SIGN_IN_SAML_ENTITY_ID: idp.entityId };
      expect(await of(env)).toEqual({
        what: "sign-in with saml",
        result: "ok",
        detail: `${idp.metadataUrl} has 1 key of ${idp.entityId}; the ACS URL to register there is http://localhost:3000/oauth/callback/saml`,
      });
      expect(await of({ ...env, SIGN_IN_SAML_ENTITY_ID: "https://other.example" })).toMatchObject({
        result: "failed",
        detail: expect.stringMatching(
          /^the metadata is that of .*, expected "https:\/\/other\.example"; the ACS/,
        ),
        advice: expect.stringContaining("Check metadata and entityId."),
      });
      idp.change({ status: 404 });
      expect(await of(env)).toMatchObject({
        result: "failed",
        detail: expect.stringMatching(/^the metadata URL answered 404; /),
      });
      expect(await of({ ...env, SIGN_IN_SAML_METADATA: `${NOWHERE}/metadata` })).toMatchObject({
        result: "failed",
        detail: expect.stringContaining("ECONNREFUSED"),
      });
    });

    it("in a file, and says where it has expired", async () => {
      const cwd = await temporaryFolder();
      writeFileSync(join(cwd, "acme.xml"), metadataOf());
      const env = { SIGN_IN_SAML_METADATA: "./acme.xml" };
      expect(await of(env, cwd)).toMatchObject({
        result: "ok",
        detail: expect.stringMatching(/^the metadata has 1 key of https:\/\/idp\.acme\.com\/saml; /),
      });
      writeFileSync(join(cwd, "acme.xml"), metadataOf({ more: 'validUntil="2020-01-01T00:00:00Z"' }));
      expect(await of(env, cwd)).toMatchObject({
        result: "failed",
        detail: expect.stringMatching(/^the metadata has expired/),
      });
    });
  });

  it("says so where another server answers, or none", async () => {
    const demo = await startDemo();
    const elsewhere = { ...WITHOUT_DOCUMENTS, GATEHOUSE_PATH: "/tools" };
    const other = await check(["--public-url", demo.origin], elsewhere);
    expect(other.of("public URL")).toMatchObject({
      result: "failed",
      detail: `${demo.origin}/.well-known/oauth-protected-resource/tools answers 404`,
      advice: expect.stringContaining("docs/behind-a-proxy.md"),
    });
    const none = await check([], { ...WITHOUT_DOCUMENTS, GATEHOUSE_PUBLIC_URL: NOWHERE });
    expect(none.of("public URL")).toMatchObject({
      result: "failed",
      detail: expect.stringContaining("ECONNREFUSED"),
    });
  });

  it.each([
    [WITHOUT_DOCUMENTS, 0, "All is well."],
    [{ ...WITHOUT_DOCUMENTS, GATEHOUSE_PUBLIC_URL: NOWHERE }, 1, "Something is wrong."],
  ])("says to people what it says to programs, a line each: %j", async (env, exitCode, last) => {
    const cwd = await temporaryFolder();
    const report = await check([], env, cwd);
    const outcome = await gatehouse(["check"], { cwd, env });
    expect(outcome).toMatchObject({ exitCode, stderr: "" });
    const lines = outcome.stdout.trim().split("\n");
    expect(lines.slice(2, -2).map((line) => line.split(/ {2,}/))).toEqual(
      report.checks.map(({ what, result, detail, advice }) => [
        result,
        what,
        advice === undefined ? detail : `${detail}. ${advice}`,
      ]),
    );
    expect(lines.at(-1)).toBe(last);
  });

  it("is well where nothing is set that could fail", async () => {
    const report = await check([], WITHOUT_DOCUMENTS);
    expect(report.checks.map(({ result }) => result)).toEqual(report.checks.map(() => "skipped"));
    expect(report.ok).toBe(true);
  });

  it("asks for the documents of well-known clients through the proxy, and shows no password", async () => {
    const proxy = await startProxy();
    proxy.refuse(403);
    const report = await check([], {
      HTTPS_PROXY: proxy.url.replace("://", "://ada:lovelace@"),
      GATEHOUSE_ALLOW_UNRESOLVED_DOCUMENT_HOSTS: "true",
    });
    expect(report.proxy).toBe(proxy.url);
    for (const what of ["Claude's document", "Claude Code's document", "VS Code's document"]) {
      const { result, detail, advice } = report.of(what) ?? {};
      expect(result).toBe("failed");
      expect(detail).toContain(`the proxy ${proxy.url} answered 403 to CONNECT `);
      expect(advice).toContain("GATEHOUSE_CLIENT_ID_METADATA_DOCUMENTS=false");
    }
    expect(proxy.asked.every((authority) => authority.endsWith(":443"))).toBe(true);
    expect(report.stdout).not.toMatch(/lovelace|ada:/);
  });

  it("asks the providers that people sign in at, and says what to register there", async () => {
    const issuer = await startIssuer(() => Date.UTC(2026, 10, 1));
    onTestFinished(issuer.close);
    const variables = (url: string) => ({
      ...WITHOUT_DOCUMENTS,
      SIGN_IN: "users,oidc,github",
      SIGN_IN_OIDC_ISSUER: url,
      SIGN_IN_OIDC_CLIENT_ID: "c",
      SIGN_IN_OIDC_CLIENT_SECRET: "do-not-show-me",
      SIGN_IN_GITHUB_CLIENT_ID: "c",
      SIGN_IN_GITHUB_CLIENT_SECRET: "do-not-show-me",
      SIGN_IN_ADMIT: "anyone",
    });
    const well = await check([], variables(issuer.url));
    expect(well.of("sign-in with oidc")).toMatchObject({
      result: "ok",
      detail: expect.stringMatching(
        /; the redirect URI to register there is http:.*\/oauth\/callback\/oidc$/,
      ),
    });
    expect(well.of("sign-in with github")).toMatchObject({
      result: "skipped",
      detail: expect.stringContaining("/oauth/callback/github"),
    });
    expect(well.of("sign-in with users")).toBeUndefined();
    // An issuer is compared byte for byte.
    const other = await check([], variables(`${issuer.url}/`));
    expect(other.of("sign-in with oidc")).toMatchObject({
      result: "failed",
      detail: expect.stringContaining(`its issuer is ${issuer.url}, expected ${issuer.url}/`),
    });
    const none = await check([], variables(NOWHERE));
    expect(none.of("sign-in with oidc")).toMatchObject({
      result: "failed",
      detail: expect.stringContaining("ECONNREFUSED"),
    });
    expect(well.stdout + other.stdout + none.stdout).not.toContain("do-not-show-me");
  });

  it("asks the provider that the environment names, in place of what only its own sign-in needs", async () => {
    const issuer = await startIssuer();
    onTestFinished(() => issuer.close());
    const env = { OAUTH_ISSUER: issuer.url, OAUTH_AUDIENCE: AUDIENCE };
    const well = await check([], env);
    expect(well.ok).toBe(true);
    expect(well.of(`metadata of ${issuer.url}`)).toMatchObject({
      result: "ok",
      detail: `${issuer.url}/.well-known/openid-configuration`,
    });
    expect(well.of(`keys of ${issuer.url}`)).toMatchObject({
      result: "ok",
      detail: `${issuer.url}/jwks has 1`,
    });
    for (const what of ["DNS", "Claude's document", "database"]) {
      expect(well.of(what)).toMatchObject({ result: "skipped" });
    }
    const keyless = await check([], { ...env, OAUTH_JWKS_URI: `${issuer.url}/nothing` });
    expect(keyless.of(`keys of ${issuer.url}`)).toMatchObject({
      result: "failed",
      detail: `${issuer.url}/nothing answers 404, without keys`,
    });
    issuer.down = true;
    const down = await check([], env);
    for (const what of ["metadata", "keys"]) {
      expect(down.of(`${what} of ${issuer.url}`)).toMatchObject({
        result: "failed",
        detail: expect.stringContaining(`${issuer.url}: fetch failed`),
        advice: expect.stringContaining("NO_PROXY"),
      });
    }
  });

  it("looks at the database as its own check does, and shows no password", async () => {
    const folder = await temporaryFolder();
    const file = join(folder, "notes.txt");
    writeFileSync(file, "This is no database, and never was one. ".repeat(100));
    const damaged = await check(["-d", file], WITHOUT_DOCUMENTS);
    expect(damaged.of("database")).toMatchObject({
      result: "failed",
      detail: expect.stringContaining(file),
      advice: "See gatehouse database check.",
    });
    const DATABASE_URL = "postgres://ada:lovelace@localhost:1/x";
    const away = await check([], { ...WITHOUT_DOCUMENTS, DATABASE_URL });
    expect(away.of("database")).toMatchObject({ result: "failed" });
    expect(away.stdout).not.toContain("lovelace");
  });

  it.each<[Environment, RegExp]>([
    [{ HTTPS_PROXY: "socks5://ada:lovelace@p.example" }, /^gatehouse: HTTPS_PROXY is not usable/],
    [{ OAUTH_ISSUER: "https://idp.example" }, /^gatehouse: OAUTH_AUDIENCE is missing/],
    [{ GATEHOUSE_PUBLIC_URL: "mcp.example.com" }, /^gatehouse: GATEHOUSE_PUBLIC_URL is "mcp\.example\.com"/],
    [{ GATEHOUSE_ASK_TO_SIGN_IN: "never" }, /^gatehouse: GATEHOUSE_ASK_TO_SIGN_IN is "never"; it must be/],
    [{ GATEHOUSE_LOOK_LOGO: "/nope.png" }, /^gatehouse: GATEHOUSE_LOOK_LOGO is "\/nope\.png"; it must be/],
    [{ GATEHOUSE_LOOK_ACCENT: "#ffffff" }, /^gatehouse: GATEHOUSE_LOOK_ACCENT is "#ffffff"; it must be/],
    [{ GATEHOUSE_ACCESS_TOKEN_SECONDS: "abc" }, /^gatehouse: GATEHOUSE_ACCESS_TOKEN_SECONDS is "abc"; it/],
    [{ GATEHOUSE_REQUIRED_SCOPES: 'a"b' }, /^gatehouse: GATEHOUSE_REQUIRED_SCOPES is "a/],
    [
      { GATEHOUSE_ASK_TO_SIGN_IN: "connect", GATEHOUSE_RESULT_CHALLENGE_FOR: "x" },
      /^gatehouse: GATEHOUSE_RESULT_CHALLENGE_FOR is given, but with/,
    ],
  ])("what would stop the server stops it too: %j", async (env, sentence) => {
    const { exitCode, stdout, stderr } = await gatehouse(["check"], { env });
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toMatch(sentence);
    expect(stderr).not.toContain("lovelace");
  });

  it.each<Environment>([
    { GATEHOUSE_REQUIRED_SCOPES: "todo:read" },
    { GATEHOUSE_RESULT_CHALLENGE_FOR: "x" },
    { GATEHOUSE_HOST: "192.0.2.1" },
  ])("what may be right beside the server's code is not refused: %j", async (env) => {
    expect(await check([], { ...WITHOUT_DOCUMENTS, ...env })).toMatchObject({ proxy: null });
  });
});

describe("a check", () => {
  const never = () => new Promise<never>(() => {});
  const parts = (changes: Partial<NetworkParts> = {}): NetworkParts => ({
    server: parseOptions("x", { publicUrl: "https://mcp.example" }),
    providers: [],
    hasProxy: false,
    documents: [{ client: "Claude", url: "https://client.example/doc" }],
    fetchJson: async () => ({ status: 200, body: { resource: AUDIENCE }, headers: new Headers() }),
    fetchDocument: async (url) => ({ text: JSON.stringify({ client_id: url }), headers: new Headers() }),
    resolve: async () => ["192.0.2.1"],
    signIn: [],
    databaseProblems: async () => [],
    ...changes,
  });
  const resultsOf = (checks: readonly Check[]) => checks.map(({ what, result }) => `${what}: ${result}`);

  it("is well where all is", async () => {
    expect(resultsOf(await checkNetwork(parts()))).toEqual([
      "public URL: ok",
      "DNS: ok",
      "Claude's document: ok",
      "database: ok",
    ]);
  });

  it("ends where nothing ever answers, all at the same time", async () => {
    const silent = parts({
      fetchJson: never,
      fetchDocument: never,
      resolve: never,
      databaseProblems: never,
      checkMs: 50,
    });
    for (const { result, detail } of await checkNetwork(silent)) {
      expect({ result, detail }).toEqual({ result: "failed", detail: "no answer within 0.05 seconds" });
    }
  });

  it("says that the server at the public URL is another one, or no server of this kind", async () => {
    const answering = (status: number, body: unknown) =>
      parts({ fetchJson: async () => ({ status, body, headers: new Headers() }) });
    const [other] = await checkNetwork(answering(200, { resource: "https://old.example/mcp" }));
    expect(other).toMatchObject({
      result: "failed",
      detail: `the server there calls itself https://old.example/mcp, not ${AUDIENCE}`,
    });
    for (const body of [undefined, {}, { resource: 7 }, [], "text", null]) {
      const [none] = await checkNetwork(answering(200, body));
      expect(none).toMatchObject({
        result: "failed",
        detail: expect.stringContaining("answers 200 without its metadata"),
      });
    }
  });

  it("of names says which have no address, and what the proxy has to do with it", async () => {
    const resolve = async () => {
      throw new Error("no name server");
    };
    const dnsOf = async (changes: Partial<NetworkParts>) =>
      (await checkNetwork(parts({ resolve, ...changes }))).find(({ what }) => what === "DNS");
    expect(await dnsOf({})).toMatchObject({
      result: "failed",
      detail: "client.example has no address here",
      advice: "Give this host DNS for public names.",
    });
    expect((await dnsOf({ hasProxy: true }))?.advice).toContain("no-direct-internet");
    const server = { ...parts().server, unresolvedDocumentHosts: true };
    expect(await dnsOf({ hasProxy: true, server })).toMatchObject({ result: "skipped" });
    expect(await dnsOf({ hasProxy: false, server })).toMatchObject({ result: "failed" });
  });

  it("of a document goes through the proxy, and reads it", async () => {
    const origin = await startOrigin();
    onTestFinished(() => origin.close());
    const proxy = await startProxy();
    const url = `${origin.url}/doc`;
    const documentOf = async (body: string) => {
      origin.answer((_request, response) =>
        response.writeHead(200, { "content-type": "application/json" }).end(body),
      );
      const through = parts({
        documents: [{ client: "Claude", url }],
        fetchDocument: (at) =>
          safeFetch(at, {
            maxBytes: 1000,
            ...reachesThisComputer,
            proxy: readProxy({ HTTPS_PROXY: proxy.url }),
          }),
      });
      return (await checkNetwork(through)).find(({ what }) => what === "Claude's document");
    };
    expect(await documentOf(JSON.stringify({ client_id: url }))).toMatchObject({ result: "ok", detail: url });
    expect(proxy.asked).toHaveLength(1);
    for (const body of ['{"client_id":"https://other.example/doc"}', "{}", "[]", "null"]) {
      expect(await documentOf(body)).toMatchObject({
        result: "failed",
        detail: `${url} is not the document of that client`,
      });
    }
    expect(await documentOf("<html>")).toMatchObject({ result: "failed" });
  });
});
