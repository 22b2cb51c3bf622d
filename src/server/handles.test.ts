import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createDemoServer } from "../demo/server.ts";
import { silentLog } from "../platform/logging.ts";
import { createOAuthServer } from "./create-oauth-server.ts";

let folder: string;
let database: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-opening-"));
  database = join(folder, "gatehouse.db");
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** How often this process has the database open. */
function handles(): number {
  return readdirSync("/proc/self/fd").filter((fd) => linkOf(fd) === database).length;
}

function linkOf(fd: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return undefined;
  }
}

const QUIET = { log: silentLog, handleSignals: false, port: 0 } as const;
const PROVIDER = { issuer: "https://idp.example", audience: "https://mcp.example/mcp" };

describe.runIf(existsSync("/proc/self/fd"))("the database", () => {
  it("is open once for a server that is asked before it listens, and closed with it", async () => {
    const server = createOAuthServer("Test", () => null, { ...QUIET, database });
    const early = await server.fetch(new Request("http://localhost/health"));
    expect(early.status).toBe(200);
    expect(handles()).toBe(1);
    const { url } = await server.listen();
    expect(handles()).toBe(1);
    // The URLs are those of the port that the system chose.
    const { headers } = await fetch(url, { method: "POST" });
    expect(headers.get("www-authenticate")).toContain(new URL(url).origin);
    await server.close();
    expect(handles()).toBe(0);
  });

  it.each(["with its own person", "behind a provider"])(
    "is closed where the demonstration cannot open (%s)",
    async (kind) => {
      const taken = createServer().listen(0, "127.0.0.1");
      await new Promise((resolve) => taken.once("listening", resolve));
      const { port } = taken.address() as AddressInfo;
      const options = { ...QUIET, database, metrics: { port, host: "127.0.0.1" } };
      const server = createDemoServer(
        options,
        kind === "behind a provider" ? { authorization: PROVIDER } : undefined,
      );
      await expect(server.listen()).rejects.toThrow(`Port ${port} is already in use`);
      expect(handles()).toBe(0);
      await new Promise((resolve) => taken.close(resolve));
    },
  );
});
