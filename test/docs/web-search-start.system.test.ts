import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listening } from "../support/listening.ts";
import { runProgram } from "../support/processes/program.ts";

const FILE = "examples/web-search-server.ts";
const KEY = "tvly-dev-4Kq9ZtXw7";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-web-search-start-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("the start of web-search-server", () => {
  it.each<readonly [string, Readonly<Record<string, string>>, string]>([
    [
      "a port that is none",
      { TAVILY_API_KEY: KEY, PORT: "abc" },
      "port is NaN; it must be a port from 0 to 65535.\n",
    ],
    ["no key", {}, "TAVILY_API_KEY is missing. Set it to your key from https://app.tavily.com.\n"],
    [
      "a blank key",
      { TAVILY_API_KEY: " " },
      "TAVILY_API_KEY is missing. Set it to your key from https://app.tavily.com.\n",
    ],
    [
      "a key of two lines",
      { TAVILY_API_KEY: `${KEY}\nx` },
      "TAVILY_API_KEY has characters that no key has. Copy it again from the dashboard.\n",
    ],
    [
      "an API that would get the key unencrypted",
      { TAVILY_API_KEY: KEY, TAVILY_BASE_URL: "http://api.example" },
      "TAVILY_BASE_URL must be an https:// URL (http:// on this computer only): the key is sent there.\n",
    ],
    [
      "a provider without an audience",
      { TAVILY_API_KEY: KEY, OAUTH_ISSUER: "https://idp.example" },
      "OAUTH_AUDIENCE is missing, which OAUTH_ISSUER also needs. The issuer is the iss of the provider's tokens, " +
        "and the audience their aud.\n",
    ],
  ])("ends with one sentence: %s", async (_what, environment, sentence) => {
    expect(await runProgram(FILE, { cwd: folder, environment })).toEqual({ exitCode: 1, output: sentence });
  });

  it("says that the port is taken", async () => {
    const other = createServer();
    const port = await listening(other, "localhost");
    try {
      const PORT = String(port);
      const environment = { TAVILY_API_KEY: KEY, PORT };
      expect(await runProgram(FILE, { cwd: folder, environment })).toEqual({
        exitCode: 1,
        output: `Port ${PORT} is already in use. Stop the other program, or set another PORT.\n`,
      });
    } finally {
      other.close();
    }
  });

  it("reads the key from .env", async () => {
    const home = mkdtempSync(join(folder, "env-"));
    writeFileSync(join(home, ".env"), `TAVILY_API_KEY=${KEY}\nTAVILY_BASE_URL=ftp://api.example\n`);
    expect((await runProgram(FILE, { cwd: home })).output).toContain("TAVILY_BASE_URL must be");
  });
});
