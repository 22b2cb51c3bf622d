import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const SRC = resolve(import.meta.dirname, "../src");

/** What a room may import besides itself. A new room gets a line here, and a reason in the commit. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  platform: ["core"],
  pages: ["core"],
  http: ["core", "platform", "pages"],
  store: ["core", "platform"],
  config: ["core", "platform", "pages"],
  providers: ["core", "config"],
  "resource-server": ["core", "platform", "http", "config", "store"],
  "authorization-server": ["core", "platform", "pages", "http", "config", "store"],
  // For other people's programs: it must bring nothing of a server along.
  client: ["core", "platform", "config"],
  mcp: ["core", "platform", "resource-server"],
  operations: ["core", "platform", "http", "config", "store", "resource-server", "authorization-server"],
  // The composition root: the one room that sees everything.
  server: [
    "core",
    "platform",
    "pages",
    "http",
    "config",
    "store",
    "resource-server",
    "authorization-server",
    "mcp",
    "operations",
  ],
  demo: ["core", "platform", "config", "mcp", "server"],
  // Translation of the guard's answers; what is decided is decided below.
  adapters: ["core", "resource-server"],
  cli: ["core", "platform", "store", "config", "providers", "authorization-server", "operations", "demo"],
  "index.ts": ["core", "platform", "pages", "config", "providers", "resource-server", "mcp", "server"],
};

/** The folders of `mcp/`, from the ground up: each imports only from those below it. */
const FLOORS_OF_MCP = ["messages", "tools", "requests", "servers", "sessions", "public"];

/** Where people come in: everything else must be reached from these. */
const ENTRIES = [
  "index.ts",
  "client/index.ts",
  "cli/main.ts",
  "adapters/express.ts",
  "adapters/fastify.ts",
  "adapters/hono.ts",
  "authorization-server/sign-in/index.ts",
  "authorization-server/upstreams/index.ts",
];

/** The rooms below the composition root: each part there is handed the few values that it needs. */
const BELOW_SERVER = [
  "core",
  "platform",
  "pages",
  "http",
  "store",
  "resource-server",
  "authorization-server",
  "mcp",
  "operations",
];

const ALL_SETTINGS = /^import\b[^"]*\bSettings\b[^"]*"[^"]*config\/settings\.ts"/m;

/** The rooms that must run wherever `Request` and `Response` do. */
const WITHOUT_NODE_HTTP = ["core", "providers", "authorization-server", "resource-server", "http", "pages"];

const files = sourceFiles(SRC);
const imports = new Map(files.map((file) => [file, importsOf(file)]));
const internal = new Map(
  [...imports].map(([file, specifiers]) => [
    file,
    specifiers.filter((s) => s.startsWith(".")).map((s) => relative(SRC, resolve(SRC, dirname(file), s))),
  ]),
);

describe("the house", () => {
  it("has a line in the table for every room", () => {
    expect([...new Set(files.map(roomOf))].sort()).toEqual(Object.keys(MAY_IMPORT).sort());
  });

  it("imports point down", () => {
    const up = edges().filter(([from, to]) => {
      const [room, other] = [roomOf(from), roomOf(to)];
      return room !== other && !MAY_IMPORT[room]?.includes(other);
    });
    expect(up.map(([from, to]) => `${from} imports ${to}`)).toEqual([]);
  });

  it("allows no import that nobody makes", () => {
    const made = new Set(edges().map(([from, to]) => `${roomOf(from)} imports ${roomOf(to)}`));
    const allowed = Object.entries(MAY_IMPORT).flatMap(([room, others]) =>
      others.map((other) => `${room} imports ${other}`),
    );
    expect(allowed.filter((edge) => !made.has(edge))).toEqual([]);
  });

  it("has floors in mcp/", () => {
    const floorOf = (file: string) => FLOORS_OF_MCP.indexOf(file.split("/")[1] ?? "");
    const inFolders = files.filter((file) => /^mcp\/.+\//.test(file));
    expect(new Set(inFolders.map(floorOf))).toEqual(new Set(FLOORS_OF_MCP.keys()));
    const up = edges()
      .filter(([from, to]) => inFolders.includes(from) && inFolders.includes(to))
      .filter(([from, to]) => floorOf(from) < floorOf(to));
    expect(up.map(([from, to]) => `${from} imports ${to}`)).toEqual([]);
  });

  it("has no cycles", () => {
    expect(findCycle()).toBeUndefined();
  });

  it("has no file that nobody reaches", () => {
    const reached = new Set<string>();
    const waiting = [...ENTRIES];
    for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
      if (reached.has(file)) continue;
      reached.add(file);
      waiting.push(...(internal.get(file) ?? []));
    }
    expect(files.filter((file) => !reached.has(file))).toEqual([]);
  });

  it("imports only files that exist", () => {
    expect(edges().filter(([, to]) => !files.includes(to))).toEqual([]);
  });

  it("has files that one can read in one go: comments count too, which the linter leaves out", () => {
    // A language is one file of words, however many those are.
    const code = files.filter((file) => !file.startsWith("pages/texts/"));
    expect(code.filter((file) => read(file).split("\n").length > 300)).toEqual([]);
  });

  it("hands no bag around: nothing below the composition root takes all settings", () => {
    const offenders = files.filter(
      (file) => BELOW_SERVER.includes(roomOf(file)) && ALL_SETTINGS.test(read(file)),
    );
    expect(offenders).toEqual([]);
  });

  it("has steps that do not know one another: each hands back what it learned", () => {
    const steps = files.filter((file) => /^export const \w+: Step = /m.test(read(file)));
    expect(steps.length).toBeGreaterThan(1);
    const known = edges().filter(([from, to]) => steps.includes(from) && steps.includes(to));
    expect(known).toEqual([]);
  });

  it("is described by CONTRIBUTING.md, room by room", () => {
    const text = readFileSync(resolve(SRC, "../CONTRIBUTING.md"), "utf8");
    const described = [...text.matchAll(/^\| `([a-z-]+)\/` \|/gm)].map(([, room]) => room);
    const folders = Object.keys(MAY_IMPORT).filter((room) => !room.endsWith(".ts"));
    expect(described.sort()).toEqual(folders.sort());
  });

  it("imports nothing of test/ but test/support, and that in tests alone", () => {
    const outside = readdirSync(SRC, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .flatMap((file) => importsOf(file).map((specifier) => [file, specifier] as const))
      .filter(([, specifier]) => specifier.startsWith("."))
      .map(([file, specifier]) => [file, relative(SRC, resolve(SRC, dirname(file), specifier))] as const)
      .filter(([, to]) => to.startsWith(".."));
    const offenders = outside.filter(
      ([from, to]) => !(from.endsWith(".test.ts") && to.startsWith("../test/support/")),
    );
    expect(offenders.map(([from, to]) => `${from} imports ${to}`)).toEqual([]);
  });

  it("keeps node:http out of the web-standard rooms", () => {
    const offenders = files.filter(
      (file) =>
        WITHOUT_NODE_HTTP.includes(roomOf(file)) &&
        imports.get(file)?.some((specifier) => /^node:(http|https|http2|net\/server)$/.test(specifier)),
    );
    expect(offenders).toEqual([]);
  });

  it("keeps clocks and randomness out of the core", () => {
    const offenders = files.filter(
      (file) =>
        roomOf(file) === "core" &&
        /Date\.now|new Date\(\)|Math\.random|randomBytes|randomUUID/.test(read(file)),
    );
    expect(offenders).toEqual([]);
  });
});

function sourceFiles(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .sort();
}

function read(file: string): string {
  return readFileSync(join(SRC, file), "utf8");
}

function importsOf(file: string): readonly string[] {
  const text = read(file);
  const statements = text.matchAll(/^(?:import|export)\b[^"';]*?\bfrom\s+"([^"]+)"|^import\s+"([^"]+)"/gm);
  const dynamic = text.matchAll(/\bimport\(\s*"([^"]+)"\s*\)/g);
  return [...statements, ...dynamic].map((match) => match[1] ?? match[2] ?? "");
}

function roomOf(file: string): string {
  return file.split("/")[0] ?? file;
}

function edges(): readonly (readonly [string, string])[] {
  return [...internal].flatMap(([from, targets]) => targets.map((to) => [from, to] as const));
}

function findCycle(): string | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file].join(" → ");
    if (done.has(file)) return undefined;
    path.push(file);
    for (const next of internal.get(file) ?? []) {
      const cycle = visit(next);
      if (cycle !== undefined) return cycle;
    }
    path.pop();
    done.add(file);
    return undefined;
  };
  for (const file of files) {
    const cycle = visit(file);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
