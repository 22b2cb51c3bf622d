import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { users } from "../../src/authorization-server/sign-in/users/users.ts";
import type { Log } from "../../src/platform/logging.ts";
import { createOAuthServer } from "../../src/server/create-oauth-server.ts";
import { openBrowser } from "../support/person.ts";
import { closeServers, type TestServer } from "../support/server.ts";
import { addUser, PASSWORD, signInStatus, startDirectory } from "../support/users.ts";

afterAll(closeServers);

const LINK = /https:\/\/mcp\.example\/oauth\/invitation\?token=\S+/;

/** What a start prints on a terminal. */
async function printed({ started }: TestServer): Promise<string> {
  const texts: string[] = [];
  await started?.((text) => texts.push(text));
  return texts.join("");
}

describe("the first start of a server with users()", () => {
  it("prints an invitation on a terminal, with which the first person signs up", async () => {
    const server = await startDirectory();
    const text = await printed(server);
    expect(text).toContain("It works once, within 72 hours");
    const [link = ""] = LINK.exec(text) ?? [];
    const browser = openBrowser(server);
    expect((await browser.request(link)).status).toBe(200);
    const token = new URL(link).searchParams.get("token") ?? "";
    const answer = await browser.submit("/oauth/invitation", {
      token,
      username: "ada",
      password: PASSWORD,
      again: PASSWORD,
    });
    expect(answer.status).toBe(200);
    expect(await signInStatus(server, "ada", PASSWORD)).toBe(303);
    expect((await browser.request(link)).status).not.toBe(200);
    expect(JSON.stringify(server.lines)).not.toContain(token);
  });

  it("prints nothing once there is someone", async () => {
    const server = await startDirectory();
    await addUser(server, "ada");
    expect(await printed(server)).toBe("");
  });
});

/** Starts a server as programs do, with the lines of its log. */
async function startLogged(way: "listen" | "fetch", database = ":memory:") {
  const infos: string[] = [];
  const log: Log = {
    event() {},
    error: (line) => infos.push(`error: ${line}`),
    info: (line) => infos.push(line),
    debug() {},
  };
  const server = createOAuthServer(
    "my-app",
    { signIn: [users()] },
    { database, port: 0, log, handleSignals: false },
  );
  if (way === "listen") await server.listen();
  else await server.fetch(new Request("http://localhost:3000/health"));
  // What a server that is mounted says, it says beside its first answer.
  for (let i = 0; i < 100 && infos.length === 0; i += 1)
    await new Promise((resolve) => setTimeout(resolve, 10));
  await server.close();
  return infos;
}

describe("where there is no terminal", () => {
  it.each(["listen", "fetch"] as const)(
    "%s() says in the log, once, which command makes one, and no link",
    async (way) => {
      const folder = await mkdtemp(join(tmpdir(), "gatehouse-"));
      onTestFinished(() => rm(folder, { recursive: true }));
      const lines = await startLogged(way, join(folder, "gatehouse.db"));
      const said = lines.filter((line) => line.includes("run: npx gatehouse person invite"));
      expect(said).toHaveLength(1);
      expect(said[0]).toContain(` --database ${join(folder, "gatehouse.db")}`);
      expect(lines.join("\n")).not.toMatch(/token|error:/);
    },
  );

  it("names no command for a database in memory: none reaches it", async () => {
    const lines = await startLogged("listen");
    expect(lines.join("\n")).toContain(
      "There are no people yet, and no command reaches a database in memory.",
    );
    expect(lines.join("\n")).not.toContain("person invite");
  });
});
