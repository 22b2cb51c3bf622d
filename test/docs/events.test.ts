import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { AUDITED_EVENTS, SECURITY_EVENTS } from "../../src/core/events.ts";
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
import { type LogLine, PEOPLE, startServer } from "../support/server.ts";

const SRC = join(CHECKOUT, "src");
const documented = eventTable(readFileSync(join(CHECKOUT, "docs/events.md"), "utf8"));

/**
 * `refresh.healed` needs a lost write; its fields are those of `refresh.rotated`, in one statement. The others are the
 * command's, and test/cli/audit.system.test.ts looks at them.
 */
const NOT_PROVOKED = [
  "client.added",
  "client.disabled",
  "client.enabled",
  "client.removed",
  "key.rotated",
  "refresh.healed",
  "secret.rotated",
];

let lines: readonly LogLine[];

beforeAll(async () => {
  lines = await provokeEverything();
});

describe("docs/events.md", () => {
  it("has every event that the sources tell of, and no other", () => {
    const sources = readdirSync(SRC, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && file !== "core/events.ts")
      .map((file) => readFileSync(join(SRC, file), "utf8"))
      .join("\n");
    const told = [...new Set([...SECURITY_EVENTS, ...AUDITED_EVENTS])].filter((name) =>
      sources.includes(`"${name}"`),
    );
    expect([...documented.keys()].sort()).toEqual(told.sort());
  });

  it("says where each one is kept", () => {
    const keptIn = (kept: string) =>
      [...documented].filter(([, event]) => ["both", kept].includes(event.keptIn)).map(([name]) => name);
    expect(keptIn("log").sort()).toEqual([...SECURITY_EVENTS].sort());
    expect(keptIn("audit").sort()).toEqual([...AUDITED_EVENTS].sort());
  });

  it("is checked here for every event", () => {
    const seen = new Set(lines.map(({ name }) => name));
    expect([...documented.keys()].filter((name) => !seen.has(name)).sort()).toEqual(NOT_PROVOKED);
  });

  it("has the fields that each line and row carries", () => {
    for (const { name, fields } of lines.filter((line) => documented.has(line.name))) {
      const { always, sometimes } = documented.get(name) ?? { always: [], sometimes: [] };
      const carried = Object.keys(fields);
      expect(carried, name).toEqual(expect.arrayContaining([...always]));
      expect([...always, ...sometimes], name).toEqual(expect.arrayContaining(carried));
    }
  });
});

/** Everything that can happen to an authorization, good and bad. */
async function provokeEverything(): Promise<readonly LogLine[]> {
  const program = { id: "reports", secret: "a secret of the program", grantTypes: ["client_credentials"] };
  const started = await startServer(
    { clients: [program] },
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

  const { refresh_token: first, access_token: token, clientId: sameClient } = await connect(server);
  await callTool(server, token, "create_todo", { title: "more than the token may" });
  const { refresh_token: second } = await tokensOf(refresh(server, sameClient, first));
  await tokensOf(refresh(server, sameClient, first));
  await tokensOf(refresh(server, sameClient, second));
  await refresh(server, sameClient, first);
  await callTool(server, "not.a.token");
  await postForm(server, "/oauth/token", { grant_type: "refresh_token", client_id: "nobody" });
  const rows = await server.store.auditAfter(0, 1000);
  const lines = [...server.lines, ...rows.map(({ event, fields }) => ({ name: event, fields }))];
  await server.drain();
  await server.close();
  return lines;
}

type Documented = {
  readonly keptIn: string;
  readonly always: readonly string[];
  readonly sometimes: readonly string[];
};

function eventTable(markdown: string): ReadonlyMap<string, Documented> {
  const rows = markdown.matchAll(/^\| `([a-z_.]+)` \| (\w+) \|.*\| ([^|]+) \|$/gm);
  return new Map(
    [...rows].map(([, name = "", keptIn = "", cell = ""]) => {
      const fields = [...cell.matchAll(/`(\w+)`(\??)/g)];
      const named = (mark: string) =>
        fields.filter((field) => field[2] === mark).map((field) => field[1] ?? "");
      return [name, { keptIn, always: named(""), sometimes: named("?") }];
    }),
  );
}
