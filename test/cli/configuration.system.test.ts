import { mkdir, readdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../support/client.ts";
import { CERTIFICATE_FILE, KEY_FILE } from "../support/https-origin.ts";
import { DEMO, reach } from "../support/network.ts";
import {
  type Environment,
  gatehouse,
  gatehouseProcess,
  startDemo,
  temporaryFolder,
} from "../support/processes/command.ts";

const occupied = createServer();
beforeAll(() => new Promise<void>((done) => occupied.listen(0, "127.0.0.1", done)));
afterAll(() => new Promise((done) => occupied.close(done)));
const occupiedPort = () => (occupied.address() as { port: number }).port;

/** One sentence for people, or two: no trace, and nothing on standard output. */
async function expectRefusal(
  parameters: readonly string[],
  options: { readonly cwd?: string; readonly env?: Environment },
  words: readonly string[],
): Promise<void> {
  const { exitCode, stdout, stderr } = await gatehouseProcess(parameters, options);
  expect(exitCode, stderr).toBe(1);
  expect(stdout).toBe("");
  expect(stderr).toMatch(/^gatehouse: [^\n]+\n$/);
  expect(stderr).not.toContain("pass-word");
  expect(stderr).not.toMatch(/\bat .*:\d+:\d+|\bError\b|undefined/);
  for (const word of words) expect(stderr).toContain(word);
}

describe.concurrent("what cannot be used stops the start with a sentence", () => {
  it("a port that is in use", () =>
    expectRefusal(["demo", "--port", String(occupiedPort())], {}, [`Port ${occupiedPort()}`, "in use"]));

  it.each<[string[], string[]]>([
    [
      ["--port", "abc"],
      ["port", '"abc"', "0 to 65535"],
    ],
    [["--port", "0", "--host", "nowhere.invalid", "--allow-insecure-public-url"], ["nowhere.invalid"]],
    [
      ["--public-url", "http://mcp.example.com"],
      ["--public-url", "https://", "--allow-insecure-public-url"],
    ],
    [["--public-url", "https://person:pass-word@mcp.example.com"], ["without a user name or password"]],
    [
      ["--tls-cert", CERTIFICATE_FILE],
      ["--tls-key", "missing"],
    ],
    [
      ["--tls-cert", "missing.pem", "--tls-key", KEY_FILE],
      ["--tls-cert", "there is no such file: missing.pem"],
    ],
    [
      ["--tls-cert", KEY_FILE, "--tls-key", CERTIFICATE_FILE, "--port", "0"],
      ["certificate and key cannot be used"],
    ],
    [
      ["--database", "missing/gatehouse.db", "--port", "0"],
      ["missing/gatehouse.db", "does not exist"],
    ],
    [["--database", ".", "--port", "0"], ["is a directory"]],
    [["--database", "/proc/gatehouse.db", "--port", "0"], ["/proc/gatehouse.db"]],
  ])("demo %j", (flags, words) => expectRefusal(["demo", ...flags], {}, words));

  it("a database that is something else", async () => {
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, "notes.db"), "These are my notes, and no database at all.\n".repeat(50));
    await expectRefusal(["demo", "--port", "0", "--database", "notes.db"], { cwd }, [
      "notes.db",
      "not an SQLite database",
    ]);
  });

  it("another secret than the one that the database was made with", async () => {
    const cwd = await temporaryFolder();
    const secret = "the-first-secret-which-is-long-enough";
    const demo = await startDemo([], { cwd, env: { GATEHOUSE_SECRET: secret } });
    await demo.stop();
    const other = "another-secret-which-is-long-enough-too";
    await expectRefusal(["demo", "--port", "0"], { cwd, env: { GATEHOUSE_SECRET: other } }, ["secret"]);
    await expectRefusal(["key", "rotate"], { cwd, env: { GATEHOUSE_SECRET: other } }, ["secret"]);
    const again = await startDemo([], { cwd, env: { GATEHOUSE_SECRET: `${other},${secret}` } });
    expect((await again.stop()).exitCode).toBe(0);
  });

  it("a database in a directory that does not exist, for every command", () =>
    expectRefusal(["grant", "list", "--database", "missing/gatehouse.db"], {}, ["missing/gatehouse.db"]));

  it.each([
    [["client", "remove", "nobody"], "no client nobody"],
    [["grant", "revoke", "nothing"], "no grant nothing"],
    [["client", "add", "--name", "x", "--redirect-uri", "javascript:alert(1)"], "javascript:"],
    [["client", "add", "--name", "x", "--redirect-uri", "applescript://x"], "applescript: is never allowed"],
    [["client", "add", "--name", "x", "--redirect-uri", "https.://claude.ai"], "looks like http: or https:"],
    [["client", "add", "--name", "x", "--redirect-uri", "app.example:8080/cb"], "put https:// before it"],
  ])("%j", async (parameters, words) => {
    const cwd = await temporaryFolder();
    await addClient({ cwd });
    await expectRefusal(parameters, { cwd }, [words]);
  });

  it.each([
    ["client", "list"],
    ["grant", "list"],
    ["key", "list"],
  ])("%s %s of a database that is not there", async (...parameters) => {
    const cwd = await temporaryFolder();
    await expectRefusal(parameters, { cwd }, ["no database ./gatehouse.db", "--database"]);
    expect(await readdir(cwd)).toEqual([]);
  });
});

describe.concurrent("every option is an environment variable", () => {
  it("and is named where it is wrong", () =>
    expectRefusal(["demo"], { env: { GATEHOUSE_CORS: "app.example.com" } }, ["GATEHOUSE_CORS", "origin"]));

  it("and does what the option does", async () => {
    const cwd = await temporaryFolder();
    await mkdir(join(cwd, "data"));
    const demo = await startDemo([], {
      cwd,
      port: "elsewhere",
      env: {
        GATEHOUSE_HOST: "127.0.0.1",
        GATEHOUSE_PORT: "0",
        GATEHOUSE_DATABASE: "data/demo.db",
        GATEHOUSE_PATH: "/tools",
        GATEHOUSE_SECRET: "a-secret-that-is-long-enough-and-stable",
        GATEHOUSE_ACCESS_TOKEN_SECONDS: "77",
        GATEHOUSE_REFRESH_TOKEN_SECONDS: "600",
        GATEHOUSE_GRANT_SECONDS: "700",
        GATEHOUSE_REFRESH_GRACE_SECONDS: "0",
        GATEHOUSE_CORS: "https://app.example.com",
        GATEHOUSE_SESSIONS: "true",
        GATEHOUSE_TRUST_PROXY: "yes",
        GATEHOUSE_DEBUG: "1",
      },
    });
    expect(demo.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/tools$/);
    const there = reach(demo.origin);
    const tokens = await connect(there, { ...DEMO, params: { resource: demo.url } });
    expect(tokens.expires_in).toBe(77);
    const grants = await gatehouse(["grant", "list", "--json"], {
      cwd,
      env: { GATEHOUSE_DATABASE: "data/demo.db" },
    });
    const [grant] = JSON.parse(grants.stdout);
    expect(grant.refreshExpiresAt - grant.redeemedAt).toBe(600_000);
    expect(grant.endsAt - grant.createdAt).toBe(700_000);
    const initialized = await fetch(demo.url, {
      method: "POST",
      headers: {
        authorization: `Bearer ${tokens.access_token}`,
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        origin: "https://app.example.com",
      },
      body: JSON.stringify({
        jsonrpc: "2.0",
        id: 1,
        method: "initialize",
        params: {
          protocolVersion: "2025-11-25",
          capabilities: {},
          clientInfo: { name: "test", version: "1" },
        },
      }),
    });
    expect(initialized.headers.get("mcp-session-id")).not.toBeNull();
    expect(initialized.headers.get("access-control-allow-origin")).toBe("https://app.example.com");
    await initialized.body?.cancel();
    await fetch(`${demo.origin}/oauth/token`, {
      method: "POST",
      headers: { "x-forwarded-for": "203.0.113.7" },
    });
    await expect.poll(demo.stdout).toContain('"address":"203.0.113.7"');
    expect((await demo.stop()).exitCode).toBe(0);
  });

  it("makes the public URL, byte for byte", async () => {
    const demo = await startDemo([], { env: { GATEHOUSE_PUBLIC_URL: "https://mcp.example.com/base" } });
    expect(demo.url).toBe("https://mcp.example.com/base/mcp");
    expect(demo.stdout()).toContain("open https://mcp.example.com/base/ for");
    await expect.poll(demo.stdout).toContain("Careful");
  });

  it("allows an insecure public URL, and warns", async () => {
    const demo = await startDemo([], {
      env: {
        GATEHOUSE_PUBLIC_URL: "http://mcp.example.com",
        GATEHOUSE_ALLOW_INSECURE_PUBLIC_URL: "true",
      },
    });
    expect(demo.url).toBe("http://mcp.example.com/mcp");
    await expect.poll(demo.stdout).toContain("Careful");
  });

  it("may stand in .env; the environment wins over it, and the command line over both", async () => {
    const cwd = await temporaryFolder();
    await writeFile(
      join(cwd, ".env"),
      "GATEHOUSE_PUBLIC_URL=https://file.example\nGATEHOUSE_PATH=/file\nGATEHOUSE_DATABASE=file.db\n",
    );
    const env = { GATEHOUSE_PATH: "/environment", GATEHOUSE_DATABASE: "environment.db" };
    const demo = await startDemo(["--database", "flag.db"], { cwd, env });
    expect(demo.url).toBe("https://file.example/environment");
    expect(demo.stdout()).toMatch(/Data\s+flag\.db/);
  });

  it("empty counts as none", async () => {
    const demo = await startDemo([], {
      env: { GATEHOUSE_PUBLIC_URL: "", GATEHOUSE_HOST: "", GATEHOUSE_DEBUG: "" },
    });
    expect(demo.url).toMatch(/^http:\/\/localhost:\d+\/mcp$/);
    expect(demo.stdout()).not.toContain("Careful");
  });
});

describe.concurrent("an option on the command line", () => {
  it("is the one that is blamed, whatever the environment says", () =>
    expectRefusal(["demo", "--port", "abc"], { env: { GATEHOUSE_PORT: "3000" } }, ["port is "]));

  it("goes together with one from the environment", async () => {
    const demo = await startDemo(["--tls-cert", CERTIFICATE_FILE], { env: { GATEHOUSE_TLS_KEY: KEY_FILE } });
    expect(demo.url).toMatch(/^https:\/\/localhost:\d+\/mcp$/);
  });
});

describe.concurrent("commands beside a server", () => {
  it("do not mind what its own options are about", async () => {
    // The scopes may be in the server's code, and the port is its own.
    const env = { GATEHOUSE_REQUIRED_SCOPES: "notes:read", GATEHOUSE_TLS_CERT: "/only/there.pem" };
    const cwd = await temporaryFolder();
    await addClient({ cwd });
    const { exitCode, stderr } = await gatehouse(["client", "list"], { cwd, env });
    expect(stderr).toBe("");
    expect(exitCode).toBe(0);
  });
});

/** Makes the database of a folder, by the one command that may. */
async function addClient({ cwd }: { readonly cwd: string }): Promise<void> {
  const add = ["client", "add", "--name", "Known", "--redirect-uri", "https://known.example/cb"];
  expect((await gatehouse(add, { cwd })).exitCode).toBe(0);
}
