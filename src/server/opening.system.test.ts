import { createHook } from "node:async_hooks";
import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { password } from "../authorization-server/sign-in/password/password.ts";
import { parseAdmit } from "../config/admit.ts";
import { parseOptions } from "../config/options.ts";
import { createRegistrations } from "../mcp/tools/registrations.ts";
import { silentLog } from "../platform/logging.ts";
import { openServer } from "./open-embedded-server.ts";
import { openProtectedServer } from "./open-protected-server.ts";
import type { OpenServer, ServerParts } from "./open-server.ts";
import { openInOrder } from "./opening.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-opening-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const SERVERS: Readonly<Record<string, (parts: ServerParts) => Promise<OpenServer>>> = {
  "with people of its own": (parts) =>
    openServer({ ...parts, methods: [password(() => null)], admission: parseAdmit(undefined, []) }),
  "behind a provider": (parts) => openProtectedServer({ ...parts, ...PROVIDER }),
};

const { parseProviders } = await import("../config/provider-options.ts");
const PROVIDER = {
  providers: parseProviders(
    { issuer: "https://idp.example", audience: "https://mcp.example/mcp" },
    "https://mcp.example/mcp",
  ),
  authorizationServerMetadata: "redirect",
} as const;

function partsOf(beforePart: (part: string) => void): ServerParts {
  const settings = parseOptions("Test", {
    database: join(folder, "gatehouse.db"),
    publicUrl: "https://mcp.example",
    metrics: { port: 0 },
  });
  return {
    settings,
    registrations: createRegistrations(),
    factory: undefined,
    identity: { name: "Test", version: "1.0.0" },
    log: silentLog,
    beforePart,
  };
}

describe.runIf(existsSync("/proc/self/fd")).each(Object.entries(SERVERS))("a server %s", (_kind, open) => {
  it("leaves no handle, whichever part cannot be opened", async () => {
    const parts: string[] = [];
    const server = await open(partsOf((part) => parts.push(part)));
    await server.drain();
    await server.close();
    expect(parts.length).toBeGreaterThan(1);
    for (const failing of parts) {
      const { openedSince, stop } = watchHandles();
      const failure = new Error(`${failing} does not open`);
      const opening = open(
        partsOf((part) => {
          if (part === failing) throw failure;
        }),
      );
      await expect(opening, failing).rejects.toBe(failure);
      expect(await openedSince(), failing).toEqual([]);
      stop();
    }
  });

  it("leaves no handle once it is closed", async () => {
    const { openedSince, stop } = watchHandles();
    const server = await open(partsOf(() => {}));
    expect(await openedSince()).not.toEqual([]);
    await server.drain();
    await server.close();
    expect(await openedSince()).toEqual([]);
    stop();
  });
});

describe("parts", () => {
  const log = { error() {} };

  it("are closed in the opposite order", async () => {
    const done: string[] = [];
    const part = (name: string) => ({
      open: () => done.push(`open ${name}`),
      close: () => void done.push(`close ${name}`),
    });
    const [a, b, c] = [part("a"), part("b"), part("c")];
    const server = await openInOrder(async (open) => {
      await open("a", a.open, a.close);
      await open("b", b.open, b.close);
      await open("c", c.open, c.close);
      return {};
    }, log);
    await server.close();
    expect(done).toEqual(["open a", "open b", "open c", "close c", "close b", "close a"]);
  });

  it("are closed where a later one fails, and the failure is the one that is told", async () => {
    const errors: string[] = [];
    const failure = new Error("b does not open");
    const opening = openInOrder(
      async (open) => {
        await open(
          "a",
          () => "a",
          () => Promise.reject(new Error("a does not close")),
        );
        return open("b", () => Promise.reject(failure));
      },
      { error: (message) => errors.push(message) },
    );
    await expect(opening).rejects.toBe(failure);
    expect(errors).toEqual(["a part of the server could not be closed after the start failed"]);
  });
});

/** What keeps something of the system, or would call back later. */
const TYPES = new Set([
  "Timeout",
  "TCPSERVERWRAP",
  "TCPWRAP",
  "PIPEWRAP",
  "FSEVENTWRAP",
  "PROCESSWRAP",
  "MESSAGEPORT",
  "WORKER",
]);

function watchHandles(): { openedSince(): Promise<readonly string[]>; stop(): void } {
  const before = new Set(filesOf(folder));
  const open = new Map<number, string>();
  const hook = createHook({
    init: (id, type) => {
      if (TYPES.has(type)) open.set(id, type);
    },
    destroy: (id) => open.delete(id),
  }).enable();
  return {
    async openedSince() {
      // A handle says that it is gone in a later turn.
      for (let turn = 0; turn < 5; turn += 1) await setImmediate();
      return [...open.values(), ...filesOf(folder).filter((file) => !before.has(file))];
    },
    stop: () => hook.disable(),
  };
}

/** The files below a folder that this process has open. */
function filesOf(directory: string): readonly string[] {
  return readdirSync("/proc/self/fd")
    .flatMap((fd) => linkOf(fd) ?? [])
    .filter((file) => file.startsWith(directory));
}

function linkOf(fd: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return undefined;
  }
}
