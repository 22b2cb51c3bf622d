import { z } from "zod";
import { password } from "../../src/authorization-server/sign-in/password/password.ts";
import type { SignInPart } from "../../src/authorization-server/sign-in/second-factor.ts";
import { readSignInList } from "../../src/authorization-server/sign-in/sign-in-list.ts";
import { type AdmitOption, parseAdmit } from "../../src/config/admit.ts";
import { parseOptions } from "../../src/config/options.ts";
import type { OAuthServerOptions } from "../../src/config/options-schema.ts";
import { type ProviderOptions, parseAlsoAccepted } from "../../src/config/provider-options.ts";
import type { CheckUser, Settings } from "../../src/config/settings.ts";
import { createRegistrations, type Registrations } from "../../src/mcp/tools/registrations.ts";
import type { Log } from "../../src/platform/logging.ts";
import {
  type EmbeddedParts,
  type EmbeddedServer,
  openServer,
} from "../../src/server/open-embedded-server.ts";
import { inOnePiece, type TestStore } from "./store/test-store.ts";

/** One line of the security log. */
export type LogLine = { readonly name: string; readonly fields: Readonly<Record<string, unknown>> };

export type TestServer = Omit<EmbeddedServer, "database"> & {
  readonly store: TestStore;
  readonly settings: Settings;
  readonly registrations: Registrations;
  readonly lines: readonly LogLine[];
  /** Moves the server's clock. */
  advance(seconds: number): void;
  now(): number;
};

/** What a server is made of beside its options. */
export type TestServerParts = {
  readonly checkUser?: CheckUser;
  /** How long it may take. */
  readonly checkUserMs?: number;
  /** In place of `checkUser`. */
  readonly signIn?: readonly SignInPart[];
  readonly admit?: AdmitOption | undefined;
  readonly alsoAccept?: ProviderOptions | readonly ProviderOptions[];
  /** In place of the tools that are registered. */
  readonly factory?: EmbeddedParts["factory"];
} & Pick<
  EmbeddedParts,
  "newRegistrationsPerMinute" | "unapprovedClients" | "fetchDocument" | "fetch" | "furtherSteps"
>;

export const PEOPLE: Readonly<Record<string, string>> = { ada: "lovelace", grace: "hopper" };

const checkPeople: CheckUser = (username, password) =>
  PEOPLE[username] === password
    ? { id: username, name: username === "ada" ? "Ada Lovelace" : "Grace Hopper" }
    : null;

const started = new Set<Pick<EmbeddedServer, "drain" | "close">>();

/** Closes every server that the tests of a file have left open: files share a process, and timers go on in it. */
export async function closeServers(): Promise<void> {
  const servers = [...started];
  started.clear();
  await Promise.all(servers.map((server) => server.drain().then(server.close)));
}

/** A server in memory under a clock that stands still, without a socket: tests call `fetch`. */
export async function startServer(
  options: OAuthServerOptions = {},
  {
    checkUser = checkPeople,
    checkUserMs,
    signIn = [password(checkUser, checkUserMs)],
    admit,
    alsoAccept,
    factory,
    ...others
  }: TestServerParts = {},
): Promise<TestServer> {
  const settings = parseOptions("Test App", {
    database: ":memory:",
    publicUrl: "https://mcp.example",
    supportedScopes: { mcp: "Use the tools", "todo:read": "See your list", "todo:write": "Change your list" },
    requiredScopes: ["mcp"],
    ...options,
  });
  const list = readSignInList(signIn);
  let now = Date.UTC(2026, 10, 1);
  const lines: LogLine[] = [];
  const log: Log = {
    event: (name, fields) => lines.push({ name, fields }),
    error: (name, fields) => lines.push({ name, fields }),
    info() {},
    debug() {},
  };
  const registrations = createRegistrations((scope) => settings.catalogue.descriptions.has(scope));
  registerTools(registrations);
  const { database, ...server } = await openServer({
    settings,
    ...list,
    admission: parseAdmit(admit, list.methods),
    alsoAccept: parseAlsoAccepted(alsoAccept, settings),
    registrations,
    factory,
    identity: { name: "Test App", version: "1.0.0" },
    log,
    clock: () => now,
    ...others,
  });
  started.add(server);
  return {
    ...server,
    store: inOnePiece(database),
    settings,
    registrations,
    lines,
    advance(seconds) {
      now += seconds * 1000;
    },
    now: () => now,
  };
}

function registerTools(registrations: Registrations): void {
  registrations.registerTool(
    "echo",
    { description: "Says it back.", inputSchema: z.object({ text: z.string() }) },
    ({ text }) => ({ content: [{ type: "text", text }] }),
  );
  registrations.registerTool(
    "whoami",
    { description: "Who is asking." },
    ({ person, organization, client, scopes, auth: { issuer } }) => ({
      content: [{ type: "text", text: JSON.stringify({ person, organization, client, scopes, issuer }) }],
    }),
  );
  registrations.registerTool(
    "create_todo",
    {
      description: "Adds to the list.",
      inputSchema: z.object({ title: z.string() }),
      scopes: ["todo:write"],
    },
    ({ title }) => ({ content: [{ type: "text", text: title }] }),
  );
}

/** Resolves once what this server remembers counts. */
export function heardOf({ store }: TestServer): Promise<void> {
  return new Promise((resolve) => {
    store.followChanges({ changed() {}, caughtUp: () => resolve(), interrupted() {} });
  });
}
