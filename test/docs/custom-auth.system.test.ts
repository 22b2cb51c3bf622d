import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openUserTable } from "../../examples/user-table.ts";
import { CHECKOUT } from "../support/checkout.ts";
import { authorize, callTool, redeem, register, tokensOf } from "../support/client.ts";
import { type Program, startProgram } from "../support/processes/program.ts";

let folder: string;
const programs: Program[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-custom-auth-"));
});
afterEach(async () => {
  await Promise.all(programs.splice(0).map((program) => program.stop()));
  rmSync(folder, { recursive: true });
});

/** Runs the example to its end, with a password on standard input. */
async function run(password: string, ...args: readonly string[]) {
  const file = join(CHECKOUT, "examples/custom-auth.ts");
  const child = spawn(process.execPath, ["--conditions=gatehouse-source", file, ...args], { cwd: folder });
  child.stdin.end(password);
  const [stdout, stderr, [exitCode]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close") as Promise<[number]>,
  ]);
  return { exitCode, output: `${stdout}${stderr}` };
}

describe("custom-auth", () => {
  it("lets in who is in the table, with the id, name and e-mail that stand there", async () => {
    const added = await run("analytical engine\n", "add", "Ada", "Ada Lovelace", "ada@example.com");
    expect(added).toEqual({ exitCode: 0, output: "Ada can sign in.\n" });
    const program = await startProgram("examples/custom-auth.ts", { cwd: folder });
    programs.push(program);
    const { client_id: clientId } = await register(program);
    const params = { resource: `${program.origin}/mcp` };
    const who = { username: "ada", password: "analytical engine", params };
    const authorized = await authorize(program, clientId, who);
    const { access_token: token } = await tokensOf(redeem(program, clientId, authorized));
    const answer = await (await callTool(program, token)).text();
    expect(answer).toContain("Ada Lovelace");
    expect(answer).toContain("ada@example.com");
    await expect(authorize(program, clientId, { ...who, password: "difference engine" })).rejects.toThrow(
      /Incorrect username or password/,
    );
  });

  it.each([
    [["add"], "long enough", "The username is missing. Say add <username>.\n"],
    [["add", "ada"], "short", "The password needs at least 8 characters.\n"],
    [["remove", "ada"], "", "The command remove is unknown. Say add, or nothing to start the server.\n"],
  ])("ends %j with a sentence", async (args, password, output) => {
    expect(await run(password, ...args)).toEqual({ exitCode: 1, output });
  });
});

describe("the table of users", () => {
  const open = (name = "users.db") => openUserTable(join(folder, name));
  const ada = { username: "ada", password: "analytical engine", name: "Ada", email: undefined };

  it("takes the pair that stands there, and no other", async () => {
    const users = open();
    await users.add(ada);
    await users.add({ ...ada, username: "grace", password: "nanoseconds" });
    expect(await users.check("ada", "analytical engine")).toEqual({
      id: expect.stringMatching(/./),
      name: "Ada",
    });
    for (const [username, password] of [
      ["ada", "nanoseconds"],
      ["ada", "analytical engine "],
      ["ada", "Analytical engine"],
      ["ada", ""],
      ["alan", "analytical engine"],
      ["", ""],
      ["ada' OR '1'='1", "analytical engine"],
      ["%", "analytical engine"],
    ] as const) {
      expect(await users.check(username, password)).toBeNull();
    }
  });

  it("knows a name in every spelling of it, and a password in either form of Unicode", async () => {
    const users = open();
    await users.add({ ...ada, username: "Zo\u00EB", password: "caf\u00E9 noir" });
    expect(await users.check("zoe\u0308", "cafe\u0301 noir")).not.toBeNull();
    await expect(users.add({ ...ada, username: "ZOE\u0308" })).rejects.toThrow("is there already");
  });

  it("turns away who is locked out, and keeps a person's id when they are renamed", async () => {
    const users = open();
    await users.add(ada);
    const database = new DatabaseSync(join(folder, "users.db"));
    const before = await users.check("ada", ada.password);
    database.exec("UPDATE users SET username = 'countess'");
    expect(await users.check("countess", ada.password)).toEqual(before);
    database.exec("UPDATE users SET locked = 1");
    expect(await users.check("countess", ada.password)).toBeNull();
    database.close();
  });

  it("holds no password, the same one never twice alike, and lets nobody in by a hash that is broken", async () => {
    const users = open();
    await users.add(ada);
    await users.add({ ...ada, username: "grace" });
    expect(readFileSync(join(folder, "users.db"), "latin1")).not.toContain(ada.password);
    const database = new DatabaseSync(join(folder, "users.db"));
    const hashes = database.prepare("SELECT password_hash FROM users").all();
    expect(hashes[0]?.password_hash).toMatch(/^scrypt\$65536\$8\$1\$[\w+/]{22}==\$[\w+/]{43}=$/);
    expect(hashes[0]?.password_hash).not.toBe(hashes[1]?.password_hash);
    for (const broken of ["", "scrypt$65536$8$1$$", "analytical engine"]) {
      database.prepare("UPDATE users SET password_hash = ?").run(broken);
      for (const password of [ada.password, ""]) {
        const answer = await Promise.resolve(users.check("ada", password)).catch((error: Error) => error);
        expect(answer === null || answer instanceof Error).toBe(true);
      }
    }
    database.close();
  });
});
