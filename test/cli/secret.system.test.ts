import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { mintRefreshToken } from "../../src/authorization-server/tokens/tokens.ts";
import { importPrivateJwk } from "../../src/platform/jws.ts";
import { createKeyring } from "../../src/platform/secrets/keyring.ts";
import { CHECKOUT } from "../support/checkout.ts";
import {
  authorizeUrl,
  callTool,
  codeOf,
  connect,
  newPkce,
  redeem,
  refresh,
  type Tokens,
  tokensOf,
} from "../support/client.ts";
import { claimsOf, resign } from "../support/forge.ts";
import { freePort } from "../support/listening.ts";
import { DEMO, reach } from "../support/network.ts";
import { type Browser, type Consent, decide, openBrowser, signIn, stateOf } from "../support/person.ts";
import { startPostgres, type TestPostgres } from "../support/postgres/postgres.ts";
import { type Demo, type Environment, gatehouse, start, startDemo } from "../support/processes/command.ts";

const OLD = "the-old-secret-of-at-least-32-characters";
const NEW = "the-new-secret-of-at-least-32-characters";
const DAY_MS = 24 * 60 * 60 * 1000;

type There = ReturnType<typeof reach>;
type Connected = Tokens & { readonly clientId: string };

const connectTo = (demo: Demo): Promise<Connected> =>
  connect(reach(demo.origin), { ...DEMO, params: { resource: demo.url } });
const statusOfMcp = async (there: There, token: string) => (await callTool(there, token, "get_time")).status;
/** Within a second; how long a busy machine takes is not what is tested. */
const soon = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 20_000, interval: 50 });

/** The command in this directory, which ends well. */
async function run(cwd: string, parameters: readonly string[], env: Environment = {}): Promise<string> {
  const { exitCode, stdout, stderr } = await gatehouse(parameters, { cwd, env });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  return stdout;
}

const keyFile = (cwd: string) => join(cwd, "gatehouse.db.key");
const linesOf = (cwd: string) => readFileSync(keyFile(cwd), "utf8").trimEnd().split("\n");
const secretsOf = (cwd: string) => linesOf(cwd).map((line) => line.split(" ")[0] ?? "");

function queryKeys(cwd: string): readonly { readonly kid: string; readonly sealed: string }[] {
  const file = new DatabaseSync(join(cwd, "gatehouse.db"));
  const rows = file.prepare("SELECT kid, sealed_private_jwk AS sealed FROM signing_keys").all();
  file.close();
  return rows as never;
}

/** Which of these secrets opens each key in the database, by its place in the list. */
async function sealedWith(cwd: string, secrets: readonly string[]): Promise<readonly number[]> {
  const opens = async (secret: string, sealed: string) =>
    (await createKeyring([secret]).open("signing-key", sealed)) !== undefined;
  return Promise.all(
    queryKeys(cwd).map(async ({ sealed }) => {
      const opened = await Promise.all(secrets.map((secret) => opens(secret, sealed)));
      return opened.indexOf(true);
    }),
  );
}

/** Somebody in the middle of signing in: the page is open, the password not typed yet. */
async function beginSignIn(there: There, demo: Demo, clientId: string) {
  const browser = openBrowser(there);
  const { verifier, challenge } = newPkce();
  const url = authorizeUrl(clientId, challenge, { resource: demo.url });
  const state = stateOf((await browser.request(url)).headers.get("location"));
  return {
    async finish(): Promise<Tokens> {
      const answer = await browser.submit("/oauth/login", {
        state,
        username: "demo",
        password: DEMO.password,
      });
      const consent = stateOf(answer.headers.get("location"));
      const approved = await decide(browser, consent, "approve", ["mcp"]);
      return tokensOf(redeem(there, clientId, { code: codeOf(approved.headers.get("location")), verifier }));
    },
  };
}

/** Whether the consent page still opens for who signed in to it: on this computer a sign-in counts for its own request. */
async function isSignedIn(browser: Browser, { location }: Consent): Promise<boolean> {
  return (await browser.request(location)).status === 200;
}

describe.concurrent("gatehouse secret rotate, with the key file", () => {
  it("replaces the secret under a running server, and nobody notices", async () => {
    const demo = await startDemo();
    const there = reach(demo.origin);
    const [idle, active] = [await connectTo(demo), await connectTo(demo)];
    const browser = openBrowser(there);
    const consent = await signIn(
      browser,
      authorizeUrl(idle.clientId, newPkce().challenge, { resource: demo.url }),
      "demo",
      DEMO.password,
    );
    const signingIn = await beginSignIn(there, demo, idle.clientId);
    const [old = ""] = secretsOf(demo.cwd);

    const said = await run(demo.cwd, ["secret", "rotate"]);
    expect(said).toContain("Signing keys sealed with it: 1.");
    const [fresh = "", ...older] = secretsOf(demo.cwd);
    expect(older).toEqual([old]);
    expect(said).not.toContain(fresh);
    expect(said).not.toContain(old);
    expect(statSync(keyFile(demo.cwd)).mode & 0o777).toBe(0o600);
    expect(await sealedWith(demo.cwd, [fresh, old])).toEqual([0]);

    expect(await statusOfMcp(there, idle.access_token)).toBe(200);
    expect(await isSignedIn(browser, consent)).toBe(true);
    await tokensOf(signingIn.finish().then((tokens) => refresh(there, idle.clientId, tokens.refresh_token)));
    const byNew = { keyring: createKeyring([fresh]), issuer: demo.origin };
    let { refresh_token: held } = active;
    await soon(async () => {
      held = (await tokensOf(refresh(there, active.clientId, held))).refresh_token;
      const [grantId = "", generation] = held.split(".");
      expect(held).toBe(mintRefreshToken(grantId, Number(generation), byNew));
    });

    // After a restart as well, and for whoever was away the whole time.
    await demo.stop();
    const again = await startDemo([], { cwd: demo.cwd, port: Number(new URL(demo.origin).port) });
    expect(await statusOfMcp(there, idle.access_token)).toBe(200);
    await tokensOf(refresh(there, idle.clientId, idle.refresh_token));
    await tokensOf(refresh(there, active.clientId, held));
    expect(await again.stop()).toMatchObject({ exitCode: 0, stderr: "" });
  });

  it("keeps the old secret for as long as a refresh token of its making is good, and a day, and no longer", async () => {
    const demo = await startDemo();
    const { clientId, refresh_token } = await connectTo(demo);
    const [grant] = JSON.parse(await run(demo.cwd, ["grant", "list", "--json"])) as {
      refreshExpiresAt: number;
    }[];
    await run(demo.cwd, ["secret", "rotate"]);
    const [fresh = "", replaced = ""] = linesOf(demo.cwd);
    const [secret = "", until = ""] = replaced.split(" until ");
    expect(Date.parse(until)).toBe((grant?.refreshExpiresAt ?? 0) + DAY_MS);

    // Its time has come.
    const over = `${secret} until ${new Date(Date.now() - 1).toISOString()}`;
    writeFileSync(keyFile(demo.cwd), `${fresh}\n${over}\n`, { mode: 0o600 });
    await demo.stop();
    const later = await startDemo([], { cwd: demo.cwd, port: Number(new URL(demo.origin).port) });
    const answer = await refresh(reach(later.origin), clientId, refresh_token);
    expect([answer.status, await answer.json()]).toMatchObject([400, { error: "invalid_grant" }]);
    // And the next replacement clears it away.
    await run(demo.cwd, ["secret", "rotate"]);
    expect(secretsOf(demo.cwd).slice(1)).toEqual([fresh]);
  });

  it("goes on where it was interrupted: one new secret, however often it runs", async () => {
    const demo = await startDemo();
    const [old = ""] = secretsOf(demo.cwd);
    // As after a crash between the two: the new secret is in front, the keys are sealed with the old one.
    writeFileSync(keyFile(demo.cwd), `${NEW}\n${old}\n`, { mode: 0o600 });
    await run(demo.cwd, ["secret", "rotate"]);
    expect(secretsOf(demo.cwd)).toEqual([NEW, old]);
    expect(await sealedWith(demo.cwd, [NEW, old])).toEqual([0]);
    expect(linesOf(demo.cwd)[1]).toContain(" until ");
  });

  it("gives no successor to a secret that is not the one of this database", async () => {
    const demo = await startDemo();
    await demo.stop();
    writeFileSync(keyFile(demo.cwd), `${NEW}\n`, { mode: 0o600 });
    const keys = queryKeys(demo.cwd);
    const { exitCode, stderr } = await gatehouse(["secret", "rotate"], { cwd: demo.cwd });
    expect(exitCode).toBe(1);
    expect(stderr).toContain("does not open the signing keys");
    expect(linesOf(demo.cwd)).toEqual([NEW]);
    expect(queryKeys(demo.cwd)).toEqual(keys);
  });

  it("says where there is none", async () => {
    const demo = await startDemo([], { env: { GATEHOUSE_SECRET: OLD } });
    const { exitCode, stderr } = await gatehouse(["secret", "rotate"], { cwd: demo.cwd });
    expect(exitCode).toBe(1);
    expect(stderr).toContain("neither GATEHOUSE_SECRET nor a key file");
    expect(readdirSync(demo.cwd)).not.toContain("gatehouse.db.key");
  });
});

describe.concurrent("gatehouse secret rotate, with GATEHOUSE_SECRET", () => {
  it("says what to do, in order, and that nothing was changed", async () => {
    const env = { GATEHOUSE_SECRET: OLD };
    const demo = await startDemo([], { env });
    const { exitCode, stdout, stderr } = await gatehouse(["secret", "rotate"], { cwd: demo.cwd, env });
    expect(exitCode).toBe(1);
    expect(stderr).toContain("nothing was changed");
    const steps = ["openssl rand", "=<old>,<new>", "=<new>,<old>", "gatehouse secret rotate", "=<new> "];
    expect(steps.map((step) => stdout.indexOf(step))).toEqual(
      steps.map((step) => stdout.indexOf(step)).sort((left, right) => left - right),
    );
    expect(stdout.indexOf(steps[0] ?? "")).toBeGreaterThan(0);
    expect(stdout + stderr).not.toContain(OLD);
  });

  it("seals anew with the first one, and says when the older one is no longer needed", async () => {
    const demo = await startDemo([], { env: { GATEHOUSE_SECRET: OLD } });
    const port = Number(new URL(demo.origin).port);
    const there = reach(demo.origin);
    let client = await connectTo(demo);
    await demo.stop();
    const env = { GATEHOUSE_SECRET: `${NEW},${OLD}` };
    await startDemo([], { cwd: demo.cwd, port, env });
    expect(await statusOfMcp(there, client.access_token)).toBe(200);

    const said = await run(demo.cwd, ["secret", "rotate"], env);
    expect(said).toContain("sealed with the first secret of GATEHOUSE_SECRET: 1.");
    expect(said).toMatch(/Keep the older one until \d{4}-\d\d-\d\d \d\d:\d\dZ: it made 1 refresh token /);
    expect(said).not.toMatch(new RegExp(`${OLD}|${NEW}`));
    expect(await sealedWith(demo.cwd, [NEW, OLD])).toEqual([0]);
    expect(await run(demo.cwd, ["secret", "rotate"], env)).toMatch(/already.\n.*it made 1 refresh token /);

    // Everybody has refreshed since: the old one is no longer needed.
    await setTimeout(1000);
    client = { ...client, ...(await tokensOf(refresh(there, client.clientId, client.refresh_token))) };
    expect(await run(demo.cwd, ["secret", "rotate"], env)).toContain("No refresh token of another secret");
  });
});

describe.concurrent("gatehouse secret rotate --compromised", () => {
  /** What somebody with the secret and the database makes for the grant of this token. */
  async function forger(demo: Demo, secret: string) {
    const keyring = createKeyring([secret]);
    const [stored] = queryKeys(demo.cwd);
    const privateJwk = JSON.parse((await keyring.open("signing-key", stored?.sealed ?? "")) ?? "");
    const key = { kid: stored?.kid ?? "", privateKey: importPrivateJwk(privateJwk) };
    return {
      accessTokenFor: (token: string) => resign(key, token, { jti: "forged" }),
      refreshTokenFor: (token: string) =>
        mintRefreshToken(String(claimsOf(token).gid), 1000, { keyring, issuer: demo.origin }),
    };
  }

  it("drops the secret and the keys of the key file under a running server: everybody signs in again", async () => {
    const demo = await startDemo();
    const there = reach(demo.origin);
    const victim = await connectTo(demo);
    const browser = openBrowser(there);
    const url = authorizeUrl(victim.clientId, newPkce().challenge, { resource: demo.url });
    const consent = await signIn(browser, url, "demo", DEMO.password);
    expect(await isSignedIn(browser, consent)).toBe(true);
    expect(await statusOfMcp(there, victim.access_token)).toBe(200);
    const [leaked = ""] = secretsOf(demo.cwd);
    const forged = await forger(demo, leaked);
    expect(await statusOfMcp(there, forged.accessTokenFor(victim.access_token))).toBe(200);
    const [before] = queryKeys(demo.cwd);

    const said = await run(demo.cwd, ["secret", "rotate", "--compromised", "--yes"]);
    expect(said).toContain("Everyone must sign in again");
    const secrets = secretsOf(demo.cwd);
    expect(secrets).toHaveLength(1);
    expect(secrets).not.toContain(leaked);
    expect(queryKeys(demo.cwd).map(({ kid }) => kid)).not.toContain(before?.kid);
    expect(await sealedWith(demo.cwd, secrets)).toEqual([0]);

    for (const token of [victim.access_token, forged.accessTokenFor(victim.access_token)])
      await soon(async () => expect(await statusOfMcp(there, token)).toBe(401));
    for (const token of [victim.refresh_token, forged.refreshTokenFor(victim.access_token)]) {
      const answer = await refresh(there, victim.clientId, token);
      expect([answer.status, await answer.json()]).toMatchObject([400, { error: "invalid_grant" }]);
    }
    expect(await isSignedIn(browser, consent)).toBe(false);
    expect(await run(demo.cwd, ["grant", "list"])).toContain("No grants found");
    const { keys } = (await (await fetch(`${demo.origin}/oauth/jwks`)).json()) as { keys: { kid: string }[] };
    expect(keys.map(({ kid }) => kid)).toEqual(queryKeys(demo.cwd).map(({ kid }) => kid));

    // Nor can it be made to count for a grant of afterwards.
    const back = await connectTo(demo);
    expect(await statusOfMcp(there, forged.accessTokenFor(back.access_token))).toBe(401);
    expect((await refresh(there, back.clientId, forged.refreshTokenFor(back.access_token))).status).toBe(400);
    expect(await statusOfMcp(there, back.access_token)).toBe(200);
    await tokensOf(refresh(there, back.clientId, back.refresh_token));
    expect(await demo.stop()).toMatchObject({ exitCode: 0, stderr: "" });
  });

  it("asks first, and changes nothing where nobody can be asked or the answer is not yes", async () => {
    const demo = await startDemo();
    const unchanged = JSON.stringify([linesOf(demo.cwd), queryKeys(demo.cwd)]);
    const { exitCode, stderr } = await gatehouse(["secret", "rotate", "--compromised"], { cwd: demo.cwd });
    expect(exitCode).toBe(1);
    expect(stderr).toContain("signs everyone out, in every client. There is no terminal to ask: add --yes");
    expect(JSON.stringify([linesOf(demo.cwd), queryKeys(demo.cwd)])).toBe(unchanged);
  });

  // `script` of util-linux makes the terminal.
  it.runIf(process.platform === "linux")("is asked at a terminal", async () => {
    const demo = await startDemo();
    const unchanged = JSON.stringify([linesOf(demo.cwd), queryKeys(demo.cwd)]);
    const command = `${process.execPath} ${join(CHECKOUT, "src/cli/main.ts")} secret rotate --compromised`;
    const answering = (answer: string) =>
      start("sh", ["-c", `(sleep 2; echo ${answer}; sleep 1) | script -qec '${command}' /dev/null`], {
        cwd: demo.cwd,
      }).ended;
    expect(stripVTControlCharacters((await answering("no")).stdout)).toMatch(
      /Type yes to continue:[\s\S]*Nothing was changed/,
    );
    expect(JSON.stringify([linesOf(demo.cwd), queryKeys(demo.cwd)])).toBe(unchanged);
    expect((await answering("yes")).stdout).toContain("Everyone must sign in again");
    expect(JSON.stringify([linesOf(demo.cwd), queryKeys(demo.cwd)])).not.toBe(unchanged);
  });

  it("takes a new GATEHOUSE_SECRET alone; a server that has the old one is of no more use to anybody", async () => {
    const demo = await startDemo([], { env: { GATEHOUSE_SECRET: OLD } });
    const there = reach(demo.origin);
    const victim = await connectTo(demo);
    const forged = await forger(demo, OLD);
    const rotate = ["secret", "rotate", "--compromised", "--yes"];
    for (const secret of [OLD, `${NEW},${OLD}`]) {
      const { exitCode, stderr } = await gatehouse(rotate, {
        cwd: demo.cwd,
        env: { GATEHOUSE_SECRET: secret },
      });
      expect(exitCode).toBe(1);
      expect(stderr).toMatch(/set it to a new one/);
      expect(stderr).not.toContain(OLD);
    }
    expect(await sealedWith(demo.cwd, [NEW, OLD])).toEqual([1]);

    await run(demo.cwd, rotate, { GATEHOUSE_SECRET: NEW });
    expect(await sealedWith(demo.cwd, [NEW, OLD])).toEqual([0]);
    await soon(async () => expect(await statusOfMcp(there, victim.access_token)).toBe(401));
    for (const token of [victim.refresh_token, forged.refreshTokenFor(victim.access_token)])
      expect((await refresh(there, victim.clientId, token)).status).toBe(400);
    // The old secret still lets somebody through the pages here, and no token comes of it.
    await soon(() => expect(connectTo(demo)).rejects.toThrow(/token answered 503.*temporarily_unavailable/));

    await demo.stop();
    const again = await startDemo([], { cwd: demo.cwd, env: { GATEHOUSE_SECRET: NEW } });
    const back = await connectTo(again);
    expect(await statusOfMcp(reach(again.origin), back.access_token)).toBe(200);
  });
});

describe("on Postgres, with two servers", () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.stop());

  it("both hear of keys that were sealed anew, and of a leaked secret that was dropped", async () => {
    const DATABASE_URL = await postgres.freshDatabase();
    const publicUrl = "http://localhost:3000";
    const options = (secret: string, port: number) => ({
      port,
      env: { DATABASE_URL, GATEHOUSE_SECRET: secret, GATEHOUSE_PUBLIC_URL: publicUrl },
    });
    const ports = await Promise.all([freePort(), freePort()]);
    const both = ports.map((port) => reach(`http://localhost:${port}`));
    let servers = await Promise.all(ports.map((port) => startDemo([], options(`${NEW},${OLD}`, port))));
    const cwd = servers[0]?.cwd ?? "";
    let client: Connected = await connect(both[0]!, { ...DEMO, params: { resource: `${publicUrl}/mcp` } });
    const goesOnAtBoth = async () => {
      for (const there of both) {
        client = { ...client, ...(await tokensOf(refresh(there, client.clientId, client.refresh_token))) };
        for (const any of both) expect(await statusOfMcp(any, client.access_token)).toBe(200);
      }
    };
    await goesOnAtBoth();
    // The keys are sealed with the one that will be first.
    const swapped = { DATABASE_URL, GATEHOUSE_SECRET: `${OLD},${NEW}` };
    expect(await run(cwd, ["secret", "rotate"], swapped)).toContain("sealed with the first secret");
    await goesOnAtBoth();

    const leaked = ["secret", "rotate", "--compromised", "--yes"];
    const fresh = "the-fresh-secret-of-at-least-32-characters";
    await run(cwd, leaked, { DATABASE_URL, GATEHOUSE_SECRET: fresh });
    for (const there of both) {
      await soon(async () => expect(await statusOfMcp(there, client.access_token)).toBe(401));
      expect((await refresh(there, client.clientId, client.refresh_token)).status).toBe(400);
    }
    await Promise.all(servers.map((server) => server.stop()));
    servers = await Promise.all(ports.map((port) => startDemo([], options(fresh, port))));
    client = await connect(both[1]!, { ...DEMO, params: { resource: `${publicUrl}/mcp` } });
    await goesOnAtBoth();
  });
});
