import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHECKOUT } from "../support/checkout.ts";
import { type Program, startProgram } from "../support/processes/program.ts";

const run = promisify(execFile);
const blocks = shellBlocks(readFileSync(join(CHECKOUT, "docs/by-hand.md"), "utf8"));

let folder: string;
let demo: Program;
/** What each block printed. */
let printed: readonly string[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-by-hand-"));
  demo = await startProgram("src/cli/main.ts", { cwd: folder, args: ["demo"] });
  // One bash for all of them, as the page says; a line between what two blocks print.
  const script = blocks.map((block) => `${block}\necho -n '${BETWEEN}'\n`).join("");
  const { stdout } = await run("bash", ["--norc", "-c", script], {
    cwd: folder,
    env: { PATH: process.env.PATH, server: demo.origin },
  });
  printed = stdout.split(BETWEEN);
});
afterAll(async () => {
  await demo?.stop();
  rmSync(folder, { recursive: true });
});

const BETWEEN = "----next block----";

/** What was printed by the block that holds this text. */
function output(text: string): string {
  const at = blocks.findIndex((block) => block.includes(text));
  expect(at, `no block of docs/by-hand.md has ${text}`).toBeGreaterThanOrEqual(0);
  return printed[at] ?? "";
}

describe("docs/by-hand.md", () => {
  it("is told where to go", () => {
    expect(output("curl -si")).toContain(
      `resource_metadata="${demo.origin}/.well-known/oauth-protected-resource/mcp"`,
    );
    expect(output("oauth-protected-resource")).toContain(`"resource":"${demo.origin}/mcp"`);
  });

  it("registers a client", () => {
    expect(output("client_name")).toMatch(/^dcr_\S+\n$/);
  });

  it("comes back with a code, its own state and the issuer", () => {
    const callback = new URL(output("decision=approve").trim());
    expect(callback.origin + callback.pathname).toBe("http://127.0.0.1:7777/callback");
    expect(callback.searchParams.get("iss")).toBe(demo.origin);
    expect(callback.searchParams.get("code")).toBeTruthy();
    expect(output("code=$(parameter code)")).toBe("The state is ours.\nThe issuer is the one we asked.\n");
  });

  it("gets a token that says who, for what and how long", () => {
    expect(JSON.parse(output("claims="))).toMatchObject({
      iss: demo.origin,
      sub: "demo",
      aud: `${demo.origin}/mcp`,
      scope: "mcp todo:write",
    });
  });

  it("calls tools", () => {
    expect(results(output("call create_todo"))).toEqual([
      expect.objectContaining({ text: "hello" }),
      expect.objectContaining({ title: "Read RFC 6749" }),
    ]);
  });

  it("is asked to step up", () => {
    expect(output("call list_todos")).toContain('error="insufficient_scope"');
    expect(output("call list_todos")).toContain('scope="mcp todo:write todo:read"');
  });

  it("refreshes, twice with the same successor", () => {
    const text = output("again=");
    expect(text).toMatch(/^The same successor\.$/m);
    expect(results(text)).toEqual([{ text: "still here" }]);
  });

  it("revokes, and nothing works any more", () => {
    const [status = "", challenge = "", refused = ""] = output("rm ").trim().split("\n");
    expect(status).toBe("200");
    expect(challenge).toContain('error="invalid_token"');
    expect(JSON.parse(refused)).toMatchObject({ error: "invalid_grant" });
  });
});

/** What the tools answered, each on a line of its own. */
function results(text: string): readonly unknown[] {
  const answers = [...text.matchAll(/^\{"result":.+$/gm)];
  return answers.map(([answer]) => JSON.parse(answer).result.structuredContent);
}

function shellBlocks(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, code]) => code ?? "");
}
