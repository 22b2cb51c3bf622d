import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type SharedPostgres, sharedPostgres } from "../../../test/support/postgres/shared.ts";
import {
  APPROVED,
  DAY,
  DISABLED,
  INVITED,
  KEY_ROTATED,
  PERSON_ADDED,
  REDEEMED,
  REMOVED,
  REVOKED,
  SIGNED_IN,
  START,
  sampleApproval,
  sampleClient,
  sampleDocument,
  sampleEntry,
  sampleKey,
  sampleLink,
  samplePerson,
  sampleSession,
  sampleSignIn,
  UPSTREAM_CONNECTED,
} from "../../../test/support/store/samples.ts";
import { openTestStore, type TestStore } from "../../../test/support/store/test-store.ts";
import { sampleUpstream } from "../../../test/support/store/upstream-contract.ts";
import { ConfigurationError } from "../../core/errors.ts";
import { type CopyProgress, copyDatabase } from "./copy.ts";
import type { Beside } from "./database.ts";
import { openDatabase } from "./open-database.ts";
import { UNFINISHED_COPY } from "./unfinished-copy.ts";

const folder = mkdtempSync(join(tmpdir(), "gatehouse-copy-"));
let postgres: SharedPostgres;
beforeAll(async () => {
  postgres = await sharedPostgres();
});
afterAll(async () => {
  await postgres.stop();
  rmSync(folder, { recursive: true });
});

let databases = 0;
const freshFile = () => join(folder, `${++databases}.db`);
/** One that sorts text as dictionaries do, as many are set up, and as no other of these does. */
const freshPostgres = () => postgres.freshDatabase("TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en'");
const KINDS = {
  SQLite: async () => freshFile(),
  Postgres: freshPostgres,
  "Postgres that sorts by bytes": () => postgres.freshDatabase(),
};

type Kind = keyof typeof KINDS;

async function withStore<T>(database: string, use: (store: TestStore) => Promise<T>): Promise<T> {
  const store = await openTestStore({ database });
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

/** Ids that databases sort differently, more of them than are read at a time. */
const GRANTS = Array.from({ length: 1203 }, (_, index) => `${"aB_-Zz9é"[index % 8]}grant ${index}`);

const ASSERTIONS = 511;

/** Of each approval, and of the key, the disabled client, the person, the sign-in, the link, the service, the redeemed code and the revocation. */
const ENTRIES = GRANTS.length + 8;

/** Something in every table. */
async function fill(database: string): Promise<void> {
  await withStore(database, async (store) => {
    await store.addFirstSigningKey(sampleKey("a"));
    await store.addSigningKey(sampleKey("B"), START + DAY, KEY_ROTATED);
    await store.addClient(sampleClient({ name: 'Größe "1" 🗝', secretHash: null }), "unaudited");
    await store.addClient(sampleClient({ id: "Client-2", origin: "preregistered" }), "unaudited");
    await store.saveDocument(sampleDocument());
    await store.disableClient("of nobody", START, DISABLED);
    await store.rememberNetwork({ name: "n", network: "home", person: "p", until: START + DAY }, START);
    await store.addPerson(samplePerson("ada", { passwordHash: "$2b$12$x" }), PERSON_ADDED);
    await store.signIn(sampleSignIn({ session: sampleSession({ secondFactor: "totp" }) }), SIGNED_IN);
    await store.addLink(sampleLink(), INVITED);
    await store.saveUpstreamCredential(sampleUpstream(), UPSTREAM_CONNECTED);
    for (let index = 0; index < GRANTS.length; index += 100)
      await Promise.all(
        GRANTS.slice(index, index + 100).map((id) => store.approve(sampleApproval({ id }), APPROVED)),
      );
    await store.redeemCode(GRANTS[1] ?? "", START + DAY, START, REDEEMED);
    await store.revokeGrant(GRANTS[2] ?? "", "refresh_reuse", START + 1, REVOKED);
    for (let index = 0; index < ASSERTIONS; index += 1)
      await store.useAssertion(index % 2 ? "client-1" : "Client-2", `jti ${index}`, START + index);
  });
}

const originals = new Map<Kind, Promise<string>>();

/** A database with something in every table: filling one takes hundreds of commits, and to copy its files none. */
async function filled(kind: Kind = "SQLite"): Promise<string> {
  const made = originals.get(kind) ?? fillNew(kind);
  originals.set(kind, made);
  const original = await made;
  if (kind !== "SQLite") return postgres.freshDatabase(`TEMPLATE ${new URL(original).pathname.slice(1)}`);
  const file = freshFile();
  copyFileSync(original, file);
  return file;
}

async function fillNew(kind: Kind): Promise<string> {
  const database = await KINDS[kind]();
  await fill(database);
  return database;
}

/** What the verbs see. */
const contentOf = (database: string) =>
  withStore(database, async (store) => ({
    keys: await store.listSigningKeys(),
    clients: sorted(await store.listClients()),
    document: await store.findDocument(sampleDocument().clientId),
    grants: sorted(await store.listGrants({})),
    people: await store.listPeople({ now: START, limit: 10 }),
    credential: await store.findCredential("ada", "password"),
    link: await store.findLink(sampleLink().hash, START),
    sessions: await store.listSessions("ada", START),
    upstream: await store.findUpstreamCredential("ada", "github"),
    audit: await store.auditAfter(0, 10),
  }));

/** In one order, whichever database they are from. */
const sorted = <T extends { readonly id: string }>(rows: readonly T[]) =>
  [...rows].sort((left, right) => (left.id < right.id ? -1 : 1));

type CopySettings = {
  readonly whileRunning?: boolean;
  readonly onProgress?: (progress: CopyProgress) => void;
};

async function copy(source: string, target: string, settings: CopySettings = {}) {
  const { whileRunning = false, onProgress = () => {} } = settings;
  const beside: Beside = whileRunning ? "anybody" : "nobody";
  const from = await openDatabase(source, beside);
  const to = await openDatabase(target, "nobody").catch(async (error) => {
    await from.close();
    throw error;
  });
  try {
    return await copyDatabase({ from, to, whileRunning, onProgress });
  } finally {
    await from.close();
    await to.close();
  }
}

/** Ends the copy in the table of grants, some pages in. */
class Interruption extends Error {}
function interrupt({ doing, table, rows }: CopyProgress): void {
  if (doing === "copying" && table === "grants" && rows >= 1000) throw new Interruption("interrupted");
}

describe.each([
  ["SQLite", "Postgres"],
  ["Postgres", "SQLite"],
  ["SQLite", "SQLite"],
  ["Postgres", "Postgres that sorts by bytes"],
  ["Postgres that sorts by bytes", "Postgres"],
] as const)("copying from %s to %s", (sourceKind, targetKind) => {
  test("brings every row of every table, and says how many and their checksum", async () => {
    const [source, target] = [await filled(sourceKind), await KINDS[targetKind]()];
    const copied = await copy(source, target);
    expect(copied.map(({ table, rows }) => [table.name, rows])).toEqual([
      ["signing_keys", 2],
      ["clients", 3],
      ["disabled_clients", 1],
      ["grants", GRANTS.length],
      ["people", 1],
      ["identities", 1],
      ["credentials", 1],
      ["one_time_links", 1],
      ["sessions", 1],
      ["upstream_credentials", 1],
      ["assertions", ASSERTIONS],
      ["familiar_networks", 1],
      ["audit", ENTRIES],
    ]);
    for (const { checksum } of copied) expect(checksum).toMatch(/^[0-9a-f]{32}$/);
    const content = await contentOf(source);
    expect(await contentOf(target)).toEqual(content);

    // And what is written there goes on where the source was.
    await withStore(target, async (store) => {
      await store.recordAudit(sampleEntry("sign_in.ok"));
      const numbers = (await store.auditAfter(ENTRIES - 1, 10)).map(({ id }) => id);
      expect(numbers).toEqual([ENTRIES, ENTRIES + 1]);
      expect(await store.useAssertion("client-1", "jti 1", START)).toBe(false);
      expect(await store.isFamiliarNetwork("n", "home", START)).toBe(true);
      expect((await store.addFirstSigningKey(sampleKey("another"))).map(({ kid }) => kid)).toEqual([
        "a",
        "B",
      ]);
    });
  });

  test("goes on where it was interrupted, and no server starts on it until then", async () => {
    const [source, target] = [await filled(sourceKind), await KINDS[targetKind]()];
    await expect(copy(source, target, { onProgress: interrupt })).rejects.toThrow(
      /Copying stopped in the table grants: interrupted.*run the same again/,
    );
    await expect(openTestStore({ database: target })).rejects.toThrow(
      /is being copied to, and not all of it is there. Run the same gatehouse database copy again/,
    );
    const copied = await copy(source, target);
    const grants = copied.find(({ table }) => table.name === "grants");
    expect(grants).toMatchObject({ rows: GRANTS.length, written: GRANTS.length - 1000 });
    expect(await contentOf(target)).toEqual(await contentOf(source));
  });

  test("catches up with a source that went on: rows that changed, came and went", async () => {
    const [source, target] = [await filled(sourceKind), await KINDS[targetKind]()];
    const headStart = await openTestStore({ database: source });
    await copy(source, target, { whileRunning: true });
    await expect(openTestStore({ database: target })).rejects.toThrow(/not all of it is there/);
    await headStart.revokeGrant(GRANTS[5] ?? "", "operator", START, REVOKED);
    await headStart.approve(sampleApproval({ id: "new" }), APPROVED);
    await headStart.removeClient("Client-2", START, REMOVED);
    await headStart.deleteExpired(START + 30 * DAY, 10_000);
    await headStart.close();
    const copied = await copy(source, target);
    expect(copied.find(({ table }) => table.name === "grants")?.written).toBeLessThan(GRANTS.length);
    expect(await contentOf(target)).toEqual(await contentOf(source));
  });
});

describe("copying is refused, and nothing has changed", () => {
  const refusal = async (source: string, target: string): Promise<string> => {
    const error = await copy(source, target).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigurationError);
    const { message } = error as ConfigurationError;
    expect(message).not.toMatch(/\n|p@ss|p%40ss/);
    return message;
  };
  const exec = (file: string, statement: string) => {
    const database = new DatabaseSync(file);
    database.exec(statement);
    database.close();
  };

  test.each(["SQLite", "Postgres"] as const)("where the target on %s has data of its own", async (kind) => {
    const source = await filled();
    const target = await KINDS[kind]();
    await withStore(target, (store) => store.addClient(sampleClient(), "unaudited"));
    const before = await contentOf(target);
    expect(await refusal(source, target)).toMatch(/has data of its own \(1 in clients\)/);
    expect(await contentOf(target)).toEqual(before);
  });

  test("where the target is a finished copy: what has happened there since would be lost", async () => {
    const [source, target] = [await filled(), freshFile()];
    await copy(source, target);
    await withStore(target, (store) => store.revokeGrant(GRANTS[0] ?? "", "operator", START, REVOKED));
    expect(await refusal(source, target)).toMatch(/has data of its own/);
    const revoked = await withStore(target, (store) => store.findGrant(GRANTS[0] ?? ""));
    expect(revoked?.revokedAt).toBe(START);
  });

  test("where the target is an unfinished copy of another database", async () => {
    const [source, target] = [await filled(), freshFile()];
    await copy(source, target, { onProgress: interrupt }).catch(() => {});
    const other = freshFile();
    await withStore(other, (store) => store.addFirstSigningKey(sampleKey("other")));
    expect(await refusal(other, target)).toMatch(/an unfinished copy of another database/);
    await copy(source, target);
  });

  test("where the source is an unfinished copy", async () => {
    const [source, target] = [await filled(), freshFile()];
    await copy(source, target, { onProgress: interrupt }).catch(() => {});
    expect(await refusal(target, freshFile())).toMatch(/is being copied to, and not all of it is there/);
  });

  test("where a server runs on a file", async () => {
    const [source, target] = [await filled(), freshFile()];
    const server = await openTestStore({ database: source });
    expect(await refusal(source, target)).toMatch(/is in use: a server .* Stop it first/);
    await server.close();
    const onTarget = await openTestStore({ database: target });
    expect(await refusal(source, target)).toMatch(/is in use/);
    await onTarget.close();
    await copy(source, target);
  });

  test("where a server runs on Postgres", async () => {
    const source = await filled("Postgres");
    const server = await openTestStore({ database: source });
    expect(await refusal(source, freshFile())).toMatch(/is in use: a server or a command .* Stop it first/);
    await server.close();
    await copy(source, freshFile());
  });

  test("and a server is kept out of a file while it is copied", async () => {
    const source = await filled();
    const from = await openDatabase(source, "nobody");
    await expect(openTestStore({ database: source })).rejects.toThrow(/locked by another program/);
    await from.close();
  });

  test("where both names are of one database", async () => {
    const database = await freshPostgres();
    await withStore(database, async () => {});
    expect(await refusal(database, database.replace("127.0.0.1", "localhost"))).toMatch(
      /are the same database. Name two/,
    );
    // It is as it was.
    await withStore(database, (store) => store.ping());
  });

  test.each([
    [
      "INSERT INTO gatehouse_migrations VALUES ('9999-future', '0001-first-release')",
      /of a newer version.*9999-future/,
    ],
    [
      "DELETE FROM gatehouse_migrations WHERE name = '0001-first-release'",
      /of an older version.*0001-first-release/,
    ],
    ["DROP TABLE gatehouse_migrations", /is not a Gatehouse database/],
  ])("where the schema of the source is another one: %s", async (statement, sentence) => {
    const [source, target] = [await filled(), freshFile()];
    exec(source, statement);
    expect(await refusal(source, target)).toMatch(sentence);
  });

  test("where the target is of a newer version", async () => {
    const [source, target] = [await filled(), freshFile()];
    await withStore(target, async () => {});
    exec(target, "INSERT INTO gatehouse_migrations VALUES ('9999-future', '9999-future')");
    expect(await refusal(source, target)).toMatch(/was made by a newer version/);
  });

  test("where an unfinished copy was begun by another version", async () => {
    const [source, target] = [await filled(), freshFile()];
    await copy(source, target, { onProgress: interrupt }).catch(() => {});
    exec(target, "DELETE FROM gatehouse_migrations WHERE name = '0001-first-release'");
    expect(await refusal(source, target)).toMatch(/was begun by another version/);
  });
});

describe("what is not the same is not called the same", () => {
  test("a row that somebody changed at the target meanwhile", async () => {
    const [source, target] = [await filled(), await freshPostgres()];
    const change = `import pg from "pg";
      const client = new pg.Client(process.argv[1]);
      await client.connect();
      await client.query("UPDATE grants SET generation = 9 WHERE id = $1", [process.argv[2]]);
      await client.end();`;
    const copying = copy(source, target, {
      onProgress({ doing, table }) {
        if (doing === "copying" && table === "audit")
          execFileSync(process.execPath, ["--input-type=module", "-e", change, target, GRANTS[7] ?? ""]);
      },
    });
    await expect(copying).rejects.toThrow(
      /The table grants has 1203 rows with the checksum .* should have 1203/,
    );
    const [marker] = await postgres.query(target, "SELECT name FROM gatehouse_migrations WHERE name = $1", [
      UNFINISHED_COPY,
    ]);
    expect(marker).toBeDefined();
    expect((await copy(source, target)).find(({ table }) => table.name === "grants")?.written).toBe(1);
  });

  test("a value that the target does not keep stops it, and the row's values are not said", async () => {
    const [source, target] = [await filled(), await freshPostgres()];
    await withStore(source, (store) =>
      store.addClient(sampleClient({ id: "nul", name: "secret\0name" }), "unaudited"),
    );
    const error = await copy(source, target).catch((thrown: unknown) => thrown);
    expect(String(error)).toMatch(/Copying stopped in the table clients: .*invalid byte sequence/);
    expect(String(error)).not.toContain("secret");
  });
});
