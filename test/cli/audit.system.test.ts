import { beforeAll, describe, expect, it } from "vitest";
import { CHECKOUT } from "../support/checkout.ts";
import { authorizeUrl, connect, newPkce, REDIRECT_URI, register } from "../support/client.ts";
import { DEMO, reach } from "../support/network.ts";
import { openBrowser, signIn } from "../support/person.ts";
import { type Demo, gatehouse, type Outcome, start, startDemo } from "../support/processes/command.ts";

type Row = Readonly<Record<string, unknown>>;

let demo: Demo;
let there: ReturnType<typeof reach>;
let clientId: string;

beforeAll(async () => {
  demo = await startDemo();
  there = reach(demo.origin);
  ({ clientId } = await connect(there, { ...DEMO, params: { resource: demo.url } }));
});

/** A command in the directory of the demonstration, while it runs. */
const beside = (...parameters: readonly string[]): Promise<Outcome> =>
  gatehouse(parameters, { cwd: demo.cwd });
const linesOf = ({ stdout }: Pick<Outcome, "stdout">): readonly Row[] =>
  stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Row);

/** The rows that a command leaves. */
async function left(...parameters: readonly string[]): Promise<readonly Row[]> {
  const before = linesOf(await beside("audit", "export")).length;
  expect(await beside(...parameters)).toMatchObject({ exitCode: 0 });
  return linesOf(await beside("audit", "export")).slice(before);
}

const byOperator = (event: string, fields: object) => ({
  id: expect.any(Number),
  time: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/),
  event,
  outcome: "ok",
  operator: expect.stringMatching(/./),
  address: "command line",
  ...fields,
});

describe("what the operator does is a row", () => {
  it("adding, disabling and removing a client; the secret that it prints is in none", async () => {
    const added = await beside(
      "client",
      "add",
      "--id",
      "mine",
      "--name",
      "Mine",
      "--redirect-uri",
      REDIRECT_URI,
      "--json",
    );
    const { client_secret: secret } = JSON.parse(added.stdout) as { client_secret: string };
    const exported = await beside("audit", "export", "--client", "mine");
    const fields = {
      client: "mine",
      client_name: "Mine",
      grant_types: ["authorization_code", "refresh_token"],
      scopes: [],
      remembers_consent: false,
    };
    expect(linesOf(exported)).toEqual([byOperator("client.added", fields)]);
    expect(secret.length).toBeGreaterThan(20);
    expect(exported.stdout).not.toContain(secret);
    expect(await left("client", "disable", "mine")).toEqual([
      byOperator("client.disabled", { client: "mine" }),
    ]);
    expect(await left("client", "enable", "mine")).toEqual([
      byOperator("client.enabled", { client: "mine" }),
    ]);
    expect(await left("client", "remove", "mine")).toEqual([
      byOperator("client.removed", { client: "mine" }),
    ]);
  });

  it("revoking a grant, once", async () => {
    const { clientId: client } = await connect(there, { ...DEMO, params: { resource: demo.url } });
    const [approved] = linesOf(
      await beside("audit", "search", "--client", client, "--event", "consent.approved", "--json"),
    );
    const grant = String(approved?.grant);
    expect(await left("grant", "revoke", grant, grant)).toEqual([
      byOperator("grant.revoked", {
        grant,
        client,
        client_name: approved?.client_name,
        person: "demo",
        reason: "operator",
      }),
    ]);
  });

  it("rotating keys and the secret", async () => {
    expect(await left("key", "rotate")).toEqual([byOperator("key.rotated", { kid: expect.any(String) })]);
    // An entry for each signing key that was sealed anew, in the commit that did it.
    const entries = await left("secret", "rotate");
    const kid = expect.any(String);
    expect(entries).toEqual([byOperator("secret.rotated", { kid }), byOperator("secret.rotated", { kid })]);
    expect(new Set(entries.map((entry) => entry.kid)).size).toBe(2);
  });

  it("and what a command could not do is none", async () => {
    const before = linesOf(await beside("audit", "export"));
    expect((await beside("client", "remove", "nobody")).exitCode).toBe(1);
    expect((await beside("grant", "revoke", "nothing")).exitCode).toBe(1);
    expect(linesOf(await beside("audit", "export"))).toEqual(before);
  });
});

describe("gatehouse audit", () => {
  it("search shows who did what, newest first", async () => {
    const { stdout, stderr } = await beside("audit", "search", "--client", clientId);
    expect(stderr).toBe("");
    const [heading = "", ...lines] = stdout.trim().split("\n");
    expect(heading.split(/\s+/)).toEqual(["TIME", "EVENT", "WHO", "CLIENT", "GRANT", "FROM", "REASON"]);
    const events = lines.map((line) => line.split(/\s{2,}/)[1]);
    expect(events.slice(-3)).toEqual(["code.redeemed", "consent.approved", "sign_in.ok"]);
    for (const word of ["demo", clientId, "127.0.0.1"]) expect(lines.at(-1)).toContain(word);
    const nothing = await beside("audit", "search", "--until", "1d");
    expect(nothing.stdout).toBe("No entries found.\n");
  });

  it("search says when there are more than it shows", async () => {
    const { stdout, stderr } = await beside("audit", "search", "--limit", "2", "--json");
    expect(linesOf({ stdout })).toHaveLength(2);
    expect(stderr).toMatch(/^There are more\. .*--limit.*audit export\n$/);
  });

  it("finds the failed sign-ins of a username, though it is kept nowhere", async () => {
    const { client_id: client } = await register(there);
    const url = authorizeUrl(client, newPkce().challenge, { resource: demo.url });
    for (const username of ["zoe.example", "somebody.else"]) {
      await signIn(openBrowser(there), url, username, "wrong").catch(() => {});
    }
    const found = linesOf(await beside("audit", "search", "--username", " Zoe.Example", "--json"));
    expect(found).toMatchObject([{ event: "sign_in.failed", outcome: "refused", client }]);
    expect((await beside("audit", "export")).stdout).not.toContain("zoe");
    expect(linesOf(await beside("audit", "search", "--username", "nobody", "--json"))).toEqual([]);
  });

  it("tail has the latest, oldest of them first; --follow those that come, until it is told to end", async () => {
    const latest = linesOf(await beside("audit", "tail", "-n", "3", "--json"));
    const exported = linesOf(await beside("audit", "export"));
    expect(latest).toEqual(exported.slice(-3));

    const main = `${CHECKOUT}/src/cli/main.ts`;
    const parameters = [
      "audit",
      "tail",
      "--follow",
      "-n",
      "1",
      "--event",
      "client.added",
      "client.removed",
      "--json",
    ];
    const following = start(process.execPath, [main, ...parameters], { cwd: demo.cwd });
    const shown = () => linesOf({ stdout: following.stdout() }).map(({ event }) => event);
    await expect.poll(shown, { timeout: 20_000 }).toEqual(["client.removed"]);
    await beside("client", "add", "--id", "followed", "--name", "F", "--redirect-uri", REDIRECT_URI);
    await beside("key", "rotate");
    await beside("client", "remove", "followed");
    const news = ["client.removed", "client.added", "client.removed"];
    await expect.poll(shown, { timeout: 20_000 }).toEqual(news);
    following.child.kill("SIGTERM");
    expect(await following.ended).toMatchObject({ exitCode: 0, stderr: "" });
    expect(shown()).toEqual(news);
  });

  it.each([
    [["--since", "yesterday"], /^gatehouse: --since is "yesterday"; it must be an age such as 30m/],
    [
      ["--since", "1d", "--until", "2d"],
      /^gatehouse: --since \(20\S+ \S+Z\) is not before --until \(20\S+ \S+Z\), so no entry .* Swap them, or leave one out\.\n$/,
    ],
    [["--limit", "none"], /^gatehouse: --limit is "none"; it must be a whole number from 1 to 1000000\.\n$/],
    [
      ["--event", "nothing"],
      /^gatehouse: option '--event <event\.\.\.>' argument 'nothing' is invalid\. Allowed choices are/,
    ],
    [["--database", "elsewhere.db"], /^gatehouse: There is no database elsewhere\.db\./],
  ] as const)("says what is wrong with %j", async (parameters, sentence) => {
    const { exitCode, stderr, stdout } = await beside("audit", "search", ...parameters);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toMatch(sentence);
  });
});

it("gatehouse audit tail does not wait for what is until a time", async () => {
  const { exitCode, stderr } = await beside("audit", "tail", "--follow", "--until", "1h");
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^gatehouse: option '-f, --follow' cannot be used with option '--until <time>'/);
});

it("gatehouse grant list shows so many and says when there are more", async () => {
  await connect(there, { ...DEMO, params: { resource: demo.url } });
  const { stdout, stderr } = await beside("grant", "list", "--limit", "1", "--json");
  expect(JSON.parse(stdout)).toHaveLength(1);
  expect(stderr).toMatch(/^There are more\. .*--limit/);
});
