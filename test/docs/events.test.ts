import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { EVENTS } from "../../src/core/declared-events.ts";
import {
  type EventDeclaration,
  type Fields,
  type Label,
  number,
  ORIGINS,
  optional,
} from "../../src/core/event-declaration.ts";
import { CHECKOUT } from "../support/checkout.ts";
import {
  authorize,
  authorizeUrl,
  callTool,
  connect,
  newPkce,
  postForm,
  postJson,
  redeem,
  refresh,
  register,
  tokensOf,
} from "../support/client.ts";
import { decide, openBrowser, signIn } from "../support/person.ts";
import { provokePeople } from "../support/provoke-people.ts";
import { provokeUpstreams } from "../support/provoke-upstreams.ts";
import { approveFirst, ask, REPORTS } from "../support/remembered.ts";
import { type LogLine, PEOPLE, startServer, type TestServer } from "../support/server.ts";

const SRC = join(CHECKOUT, "src");
const DECLARED: Readonly<Record<string, EventDeclaration>> = EVENTS;
const documented = eventTable(readFileSync(join(CHECKOUT, "docs/events.md"), "utf8"));

/**
 * `refresh.healed` needs a lost write; its fields are those of `refresh.rotated`, in one statement. `session.ended_upstream` needs
 * a provider: test/sign-in/logout.system.test.ts. `upstream.disconnected` is in
 * src/authorization-server/upstreams/vault.test.ts. The others are the command's, and test/cli/audit.system.test.ts looks at them.
 */
const NOT_PROVOKED = [
  "client.added",
  "client.disabled",
  "client.enabled",
  "client.removed",
  "key.rotated",
  "person.changed",
  "person.disabled",
  "person.enabled",
  "person.linked",
  "person.removed",
  "person.signed_out",
  "refresh.healed",
  "secret.rotated",
  "session.ended_upstream",
  "upstream.disconnected",
];

let lines: readonly LogLine[];

beforeAll(async () => {
  lines = await provokeEverything();
});

describe("docs/events.md", () => {
  it("has a row for every event, in the order of the declaration, and no other", () => {
    expect([...documented.keys()]).toEqual(Object.keys(DECLARED));
  });

  it.each(Object.entries(DECLARED))("says of %s what is declared", (name, declared) => {
    expect(documented.get(name)).toBe(rowOf(name, declared));
  });
});

describe("the declared events", () => {
  it("are each told of by the sources", () => {
    const sources = readdirSync(SRC, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
      .filter((file) => file !== "core/declared-events.ts")
      .map((file) => readFileSync(join(SRC, file), "utf8"))
      .join("\n");
    expect(Object.keys(DECLARED).filter((name) => !sources.includes(`"${name}"`))).toEqual([]);
  });

  it("are all provoked here but for those of the command", () => {
    const seen = new Set(lines.map(({ name }) => name));
    expect(
      Object.keys(DECLARED)
        .filter((name) => !seen.has(name))
        .sort(),
    ).toEqual(NOT_PROVOKED);
  });

  it("carry in each line and row the fields that they declare, and no other", () => {
    for (const { name, fields } of lines) {
      const event = DECLARED[name];
      // The log's errors have sentences for names.
      if (!event) continue;
      const declared = carriedBy(event);
      expect(Object.keys(declared), name).toEqual(expect.arrayContaining(Object.keys(fields)));
      for (const [field, { isOptional, holds }] of Object.entries(declared)) {
        const value = fields[field];
        if (isOptional && value === undefined) continue;
        expect(holds(value), `${name}: ${field} is ${JSON.stringify(value)}`).toBe(true);
      }
    }
  });
});

function rowOf(name: string, declared: EventDeclaration): string {
  const fields = Object.entries(carriedBy(declared)).map(
    ([field, { isOptional }]) => `\`${field}\`${isOptional ? "?" : ""}`,
  );
  const counters = Object.entries(declared.counts ?? {}).map(([counter, labels]) => {
    const shown = Object.entries(labels).map(([label, value]) => shownLabel(label, value));
    return `\`${counter}{${shown.join(",")}}\``;
  });
  const cells = [
    `\`${name}\``,
    declared.keptIn,
    declared.when,
    fields.join(", "),
    counters.join(", ") || "–",
  ];
  return `| ${cells.join(" | ")} |`;
}

/** A label that a field says has several values, which docs/metrics.md lists. */
function shownLabel(label: string, value: Label): string {
  return typeof value === "string" ? `${label}="${value}"` : label;
}

/** All that a line or a row can carry. */
function carriedBy({ fields, from, keptIn, byStrangers }: EventDeclaration): Fields {
  const isLimited = byStrangers && keptIn !== "log";
  return { ...fields, ...(from && ORIGINS[from]), ...(isLimited && { omitted: optional(number) }) };
}

/** Everything that can happen to an authorization, good and bad. */
async function provokeEverything(): Promise<readonly LogLine[]> {
  const program = { id: "reports", secret: "a secret of the program", grantTypes: ["client_credentials"] };
  const started = await startServer(
    { clients: [program, { ...REPORTS, id: "remembered" }] },
    {
      checkUser(username, password) {
        if (username === "broken") throw new Error("no directory");
        return PEOPLE[username] === password ? username : null;
      },
    },
  );
  const server: typeof started = {
    ...started,
    fetch: (request) => started.fetch(request, { address: "203.0.113.7" }),
  };
  await postForm(server, "/oauth/token", {
    grant_type: "client_credentials",
    client_id: program.id,
    client_secret: program.secret,
  });
  const { client_id: clientId } = await register(server);
  await postJson(server, "/oauth/register", { redirect_uris: ["javascript:alert(1)"] });
  await server.fetch(new Request(authorizeUrl(clientId, "too short")));
  await server.fetch(new Request(authorizeUrl("nobody", newPkce().challenge)));

  const browser = openBrowser(server);
  const url = authorizeUrl(clientId, newPkce().challenge);
  for (let i = 0; i < 12; i += 1) await signIn(browser, url, "grace", "wrong").catch(() => {});
  await signIn(browser, url, "broken", "x").catch(() => {});
  const { state } = await signIn(browser, url);
  await decide(browser, state, "deny");

  const authorized = await authorize(server, clientId);
  await tokensOf(redeem(server, clientId, authorized));
  await redeem(server, clientId, authorized);

  const { browser: signedIn } = await approveFirst(server, { clientId: "remembered" });
  await ask(signedIn, {}, { clientId: "remembered" });

  const { refresh_token: first, access_token: token, clientId: sameClient } = await connect(server);
  await callTool(server, token, "create_todo", { title: "more than the token may" });
  const { refresh_token: second } = await tokensOf(refresh(server, sameClient, first));
  await tokensOf(refresh(server, sameClient, first));
  await tokensOf(refresh(server, sameClient, second));
  await refresh(server, sameClient, first);
  await callTool(server, "not.a.token");
  await postForm(server, "/oauth/token", { grant_type: "refresh_token", client_id: "nobody" });
  return [
    ...(await recordedBy(server)),
    ...(await recordedBy(await provokePeople())),
    ...(await recordedBy(await provokeUpstreams())),
  ];
}

/** The lines and rows of a server, which ends with that. */
async function recordedBy(server: TestServer): Promise<readonly LogLine[]> {
  const rows = await server.store.auditAfter(0, 1000);
  const recorded = [...server.lines, ...rows.map(({ event, fields }) => ({ name: event, fields }))];
  await server.drain();
  await server.close();
  return recorded;
}

/** Event → its row. */
function eventTable(markdown: string): ReadonlyMap<string, string> {
  const rows = markdown.matchAll(/^\| `([a-z_]+\.[a-z_]+)` \|.*$/gm);
  return new Map([...rows].map(([row, name = ""]) => [name, row]));
}
