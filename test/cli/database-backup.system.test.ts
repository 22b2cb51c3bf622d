import {
  chmodSync,
  copyFileSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { callTool, connect, refresh, type Tokens, tokensOf } from "../support/client.ts";
import { claimsOf } from "../support/forge.ts";
import { DEMO, reach } from "../support/network.ts";
import { type Demo, gatehouse, startDemo } from "../support/processes/command.ts";

type Connected = Tokens & { readonly clientId: string };

const connectTo = (demo: Demo): Promise<Connected> =>
  connect(reach(demo.origin), { ...DEMO, params: { resource: demo.url } });
const backUp = (cwd: string, to = "backup.db") => gatehouse(["database", "backup", "--to", to], { cwd });

async function revoke(cwd: string, grant: string): Promise<void> {
  const outcome = await gatehouse(["grant", "revoke", grant], { cwd });
  expect(outcome).toMatchObject({ exitCode: 0, stdout: `Revoked ${grant}.\n`, stderr: "" });
}

async function refreshed(demo: Demo, client: Connected): Promise<Connected> {
  const { clientId, refresh_token } = client;
  return { clientId, ...(await tokensOf(refresh(reach(demo.origin), clientId, refresh_token))) };
}

describe("gatehouse database backup", () => {
  it("is made while clients refresh as fast as they can, whole, and for its owner alone", async () => {
    const demo = await startDemo();
    let clients = await Promise.all(Array.from({ length: 8 }, () => connectTo(demo)));
    let isBusy = true;
    const load = (async () => {
      while (isBusy) clients = await Promise.all(clients.map((client) => refreshed(demo, client)));
    })();
    const made = await backUp(demo.cwd);
    isBusy = false;
    await load;
    expect(made).toMatchObject({ exitCode: 0, stderr: "" });
    expect(made.stdout).toMatch(/^Made backup\.db: [\d.]+ KB, \d+ rows, checked\.\n.*gatehouse\.db\.key/);
    expect(readdirSync(demo.cwd).filter((name) => name.startsWith("backup"))).toEqual(["backup.db"]);
    const file = join(demo.cwd, "backup.db");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const backup = new DatabaseSync(file, { readOnly: true });
    expect(backup.prepare("PRAGMA integrity_check").all()).toEqual([{ integrity_check: "ok" }]);
    expect(backup.prepare("SELECT count(*) AS grants FROM grants").get()).toEqual({ grants: 8 });
    backup.close();
    expect(await demo.stop()).toMatchObject({ exitCode: 0, stderr: "" });
  });

  it("put back, lets everybody go on who refreshed since; what was ended since has to be ended again", async () => {
    const demo = await startDemo();
    const { cwd } = demo;
    let [active, revoked] = [await connectTo(demo), await connectTo(demo)];
    expect(await backUp(cwd)).toMatchObject({ exitCode: 0 });
    for (let times = 0; times < 5; times += 1) active = await refreshed(demo, active);
    const ended = String(claimsOf(revoked.access_token).gid);
    await revoke(cwd, ended);
    const later = await connectTo(demo);
    await demo.stop();

    putBack(cwd);
    const again = await startDemo([], { cwd, port: Number(new URL(demo.origin).port) });
    const there = reach(again.origin);
    expect((await callTool(there, active.access_token, "get_time")).status).toBe(200);
    active = await refreshed(again, active);
    active = await refreshed(again, active);
    expect((await callTool(there, active.access_token, "get_time")).status).toBe(200);
    expect((await refresh(there, later.clientId, later.refresh_token)).status).toBe(400);

    revoked = await refreshed(again, revoked);
    await revoke(cwd, ended);
    expect((await refresh(there, revoked.clientId, revoked.refresh_token)).status).toBe(400);
  });

  it("overwrites nothing, and leaves nothing half made", async () => {
    const demo = await startDemo();
    const { cwd } = demo;
    writeFileSync(join(cwd, "backup.db"), "the last one");
    expect(await backUp(cwd)).toMatchObject({
      exitCode: 1,
      stdout: "",
      stderr: expect.stringMatching(/There is a backup\.db already, and a backup overwrites nothing/),
    });
    expect(readFileSync(join(cwd, "backup.db"), "utf8")).toBe("the last one");
    expect(await backUp(cwd, "gatehouse.db")).toMatchObject({ exitCode: 1 });
    expect((await backUp(cwd, "nowhere/backup.db")).stderr).toMatch(/directory does not exist/);
    await demo.stop();
    damage(join(cwd, "gatehouse.db"));
    expect((await backUp(cwd, "damaged.db")).stderr).toMatch(/was not made/);
    const files = ["backup.db", "gatehouse-todos.db", "gatehouse.db", "gatehouse.db.key"];
    expect(readdirSync(cwd).sort()).toEqual(files);
  });

  it("is made of a database of the version before: that is when one is needed", async () => {
    const demo = await startDemo();
    await demo.stop();
    const file = new DatabaseSync(join(demo.cwd, "gatehouse.db"));
    file.exec("DELETE FROM gatehouse_migrations");
    file.close();
    expect(await backUp(demo.cwd)).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^Made backup\.db: [\d.]+ KB, checked\./),
    });
  });

  it("is pg_dump's matter where the database is Postgres", async () => {
    const url = "postgres://gatehouse:very-secret@db.example/gatehouse";
    const outcome = await gatehouse(["database", "backup", "--to", "backup.dump", "-d", url]);
    expect(outcome).toMatchObject({ exitCode: 1, stdout: "" });
    expect(outcome.stderr).toMatch(/pg_dump --format=custom --file=backup\.dump, and pg_restore/);
    expect(outcome.stderr).not.toContain("very-secret");
  });
});

/** As docs/deploy/moving.md says. */
function putBack(cwd: string): void {
  const file = join(cwd, "gatehouse.db");
  renameSync(file, `${file}.old`);
  for (const side of ["-wal", "-shm"]) rmSync(`${file}${side}`, { force: true });
  copyFileSync(join(cwd, "backup.db"), file);
  chmodSync(file, 0o600);
}

function damage(file: string): void {
  const bytes = readFileSync(file);
  bytes.fill(0xa5, Math.floor(bytes.length / 4));
  writeFileSync(file, bytes);
}
