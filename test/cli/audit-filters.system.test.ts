import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHECKOUT } from "../support/checkout.ts";
import { authorize, postForm, redeem, register, type Tokens, tokensOf } from "../support/client.ts";
import { claimsOf, SECRET } from "../support/forge.ts";
import { gatehouse, start, temporaryFolder } from "../support/processes/command.ts";
import { PEOPLE, startServer, type TestServer } from "../support/server.ts";

// Two people and two clients on three days: each filter has something to find, and something to leave out.

const DAY_SECONDS = 24 * 60 * 60;

type Connected = Tokens & {
  readonly client: string;
  readonly grant: string;
  readonly time: string;
  /** The rows that it left: the sign-in, which is of no grant yet, the approval, and the exchange of the code. */
  readonly rows: readonly number[];
};

let cwd: string;
let server: TestServer;
let first: Connected;
let second: Connected;
let third: Connected;

beforeAll(async () => {
  cwd = await temporaryFolder();
  server = await startServer({ database: join(cwd, "gatehouse.db"), secret: SECRET });
  // An age counts from this machine's time.
  server.advance(Math.floor((Date.now() - server.now()) / 1000) - 5 * DAY_SECONDS);
  first = await connect("ada", "Editor");
  server.advance(2 * DAY_SECONDS);
  second = await connect("ada", "Chat");
  server.advance(2 * DAY_SECONDS);
  third = await connect("grace", "Chat");
});
afterAll(async () => {
  await server.drain();
  await server.close();
});

async function connect(username: string, clientName: string): Promise<Connected> {
  const before = await allRows();
  const { client_id: client } = await register(server, { client_name: clientName });
  const authorized = await authorize(server, client, { username, password: PEOPLE[username] ?? "" });
  const tokens = await tokensOf(redeem(server, client, authorized));
  return {
    ...tokens,
    client,
    grant: String(claimsOf(tokens.access_token).gid),
    time: new Date(server.now()).toISOString().slice(0, 19),
    rows: (await allRows()).slice(before.length),
  };
}

const allRows = async () => (await server.store.auditAfter(0, 1000)).map(({ id }) => id);

/** The ids in what a command printed. */
const idsIn = (stdout: string): readonly number[] =>
  [...stdout.matchAll(/^\{"id":(\d+),.*\}$/gm)].map(([, id]) => Number(id));

async function shownBy(...parameters: readonly string[]): Promise<readonly number[]> {
  const { exitCode, stdout, stderr } = await gatehouse(["audit", ...parameters], { cwd });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  return idsIn(stdout);
}

/** What each of the three shows, in its own order. */
async function expectShown(flags: readonly string[], rows: readonly number[]): Promise<void> {
  const [exported, found, latest] = await Promise.all([
    shownBy("export", ...flags),
    shownBy("search", "--json", ...flags),
    shownBy("tail", "--json", ...flags),
  ]);
  expect(exported).toEqual(rows);
  expect(found).toEqual(rows.toReversed());
  expect(latest).toEqual(rows);
}

describe("gatehouse audit export, search and tail show", () => {
  it("everything where nothing is filtered", async () => {
    const rows = [...first.rows, ...second.rows, ...third.rows];
    expect(rows).toHaveLength(9);
    await expectShown([], rows);
  });

  it("--person: what one did, through whichever client", async () => {
    await expectShown(["--person", "ada"], [...first.rows, ...second.rows]);
    await expectShown(["--person", "grace"], third.rows);
  });

  it("--client: what everybody did through one", async () => {
    await expectShown(["--client", first.client], first.rows);
    await expectShown(["--client", third.client], [...second.rows, ...third.rows]);
  });

  it("--grant: one person's connection of one client, and not the sign-in before it", async () => {
    await expectShown(["--grant", second.grant], second.rows.slice(1));
  });

  it("--since and --until an age: from then on, and before then", async () => {
    await expectShown(["--since", "4d"], [...second.rows, ...third.rows]);
    await expectShown(["--until", "4d"], first.rows);
    await expectShown(["--since", "4d", "--until", "2d"], second.rows);
  });

  it("--since and --until a time: what is of that very second is since it, and not until it", async () => {
    await expectShown(["--since", second.time], [...second.rows, ...third.rows]);
    await expectShown(["--until", second.time], first.rows);
  });

  it("what passes all of several", async () => {
    await expectShown(["--person", "ada", "--client", second.client], second.rows);
    await expectShown(["--client", second.client, "--since", "2d"], third.rows);
    await expectShown(["--person", "grace", "--grant", second.grant], []);
  });
});

it("the limit counts what passes: the latest of Ada's, though Grace's came after them", async () => {
  const latest = second.rows.slice(-2);
  expect(await shownBy("tail", "-n", "2", "--json", "--person", "ada")).toEqual(latest);
  const search = ["audit", "search", "--limit", "2", "--json", "--person", "ada"];
  const { stdout, stderr } = await gatehouse(search, { cwd });
  expect(idsIn(stdout)).toEqual(latest.toReversed());
  expect(stderr).toMatch(/^There are more\./);
});

it("gatehouse audit tail --follow leaves out the same of what comes", async () => {
  const follow = async (latest: number | undefined, ...flags: readonly string[]) => {
    const parameters = ["audit", "tail", "--follow", "-n", "1", "--json", ...flags];
    const following = start(process.execPath, [join(CHECKOUT, "src/cli/main.ts"), ...parameters], { cwd });
    await expect.poll(() => idsIn(following.stdout()), { timeout: 20_000 }).toEqual([latest]);
    return following;
  };
  const [lastOfFirst, lastOfThird] = [first.rows.at(-1), third.rows.at(-1)];
  const [person, client, grant, since] = await Promise.all([
    follow(lastOfThird, "--person", "grace"),
    follow(lastOfThird, "--client", third.client),
    follow(lastOfFirst, "--grant", first.grant),
    follow(lastOfThird, "--since", "2d"),
  ]);
  // Written now, with the time of an instance whose clock is wrong.
  server.advance(-2 * DAY_SECONDS);
  await connect("ada", "Editor");
  server.advance(2 * DAY_SECONDS);
  const { rows: came } = await connect("grace", "Chat");
  const { client: client_id, refresh_token: token } = first;
  await postForm(server, "/oauth/revoke", { client_id, token });
  const revoked = (await allRows()).slice(-1);
  for (const [following, expected] of [
    [person, [lastOfThird, ...came]],
    [client, [lastOfThird, ...came]],
    [grant, [lastOfFirst, ...revoked]],
    [since, [lastOfThird, ...came, ...revoked]],
  ] as const) {
    await expect.poll(() => idsIn(following.stdout()), { timeout: 20_000 }).toEqual(expected);
    following.child.kill("SIGTERM");
    const ended = await following.ended;
    expect(ended).toMatchObject({ exitCode: 0, stderr: "" });
    expect(idsIn(ended.stdout)).toEqual(expected);
  }
});
