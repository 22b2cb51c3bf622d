import { describe, expect, it, vi } from "vitest";
import { RESOURCE_METADATA } from "../../../test/support/mcp-endpoint.ts";
import {
  answerOf,
  ask,
  CLOSED,
  call,
  ERAS,
  type Era,
  type Message,
  post,
  registerBoth,
} from "../../../test/support/without-token.ts";
import { type Log, silentLog } from "../../platform/logging.ts";
import { createGuard } from "../../resource-server/guard.ts";
import type { Registration } from "../tools/registration.ts";
import { createRegistrations, type Registrations } from "../tools/registrations.ts";
import { createPublicEndpoint } from "./endpoint.ts";
import type { PublicRoom } from "./room.ts";

const EMPTY: PublicRoom = { enter: async () => ({ leave() {} }), count: async () => 0 };

function start({
  registrations = createRegistrations(),
  room = EMPTY,
  log = silentLog,
}: {
  readonly registrations?: Registrations;
  readonly room?: PublicRoom;
  readonly log?: Log;
} = {}) {
  const { withoutToken } = createGuard({
    resourceMetadata: RESOURCE_METADATA,
    requiredScopes: [],
    implies: new Map(),
    verify: async () => ({ kind: "refused", why: "unknown" }),
    cachedTokens: 1,
    clock: Date.now,
    log,
  });
  const endpoint = createPublicEndpoint({
    identity: { name: "test", version: "1" },
    registrations,
    withoutToken,
    room,
    signIn: undefined,
    debug: true,
    clock: Date.now,
    log,
  });
  return { endpoint, server: { fetch: (request: Request) => endpoint.fetch(request, undefined) } };
}

/** What was registered, found as if all of it were public. */
function asIfPublic(registrations: Registrations): Registrations {
  const open = (found: Registration | undefined) => found && { ...found, isPublic: true as const };
  return {
    ...registrations,
    all: () => [...registrations.all()].flatMap((one) => open(one) ?? []),
    tool: (name) => open(registrations.tool(name)),
    prompt: (name) => open(registrations.prompt(name)),
    resource: (uri) => open(registrations.resource(uri)),
    template: (uriTemplate) => open(registrations.template(uriTemplate)),
  };
}

/** Those that reach a callback; what the others do is nobody's code. */
const REACHING = CLOSED.filter(([, { method }]) => !method.includes("subscri"));

describe.each(ERAS)("the callbacks of what needs a sign-in, in %s", (era: Era) => {
  it.each(REACHING)(
    "do not run without a token where the SDK reads a message differently: %s",
    async (_, message: Message) => {
      const registrations = createRegistrations();
      const { ran } = registerBoth(registrations);
      registrations.registerTool("whoami", {}, ({ person }) => {
        ran.push("whoami");
        return { content: [{ type: "text", text: person.id }] };
      });
      const { server } = start({ registrations: asIfPublic(registrations) });
      const { result, error } = await answerOf(ask(server, era, message));
      expect(error?.message ?? result?.content?.[0]?.text).toBe("This needs a sign-in.");
      expect(ran).toEqual([]);
    },
  );

  it("list nothing, and that is no error", async () => {
    const registrations = createRegistrations();
    const { ran } = registerBoth(registrations);
    const { server } = start({ registrations: asIfPublic(registrations) });
    const { result } = await answerOf(ask(server, era, { method: "resources/list" }));
    const names = ["terms", "diary", "draft", "doc 1"];
    expect(result?.resources).toMatchObject(names.map((name) => ({ name })));
    expect(ran).toEqual(["doc listed"]);
  });
});

describe("the public endpoint", () => {
  it("answers what fails on its side without the reason, and gives the place back", async () => {
    const left = vi.fn();
    const errors: unknown[] = [];
    const registrations = createRegistrations();
    registrations.registerTool("it", { public: true }, () => ({ content: [] }));
    const broken = {
      ...registrations,
      tool: () => {
        throw new Error("the secret reason");
      },
    };
    const { server } = start({
      registrations: broken,
      room: { ...EMPTY, enter: async () => ({ leave: left }) },
      log: { ...silentLog, error: (_, { cause }) => errors.push(cause) },
    });
    const response = await ask(server, "2025", call("it"));
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain("secret");
    expect(String(errors[0])).toContain("the secret reason");
    expect(left).toHaveBeenCalledTimes(1);
  });

  it("reads no body while there is no room", async () => {
    const { endpoint } = start({ room: { ...EMPTY, enter: async () => ({ waitSeconds: 7 }) } });
    const request = new Request("https://mcp.example/mcp/public", { method: "POST", body: "{}" });
    const response = await endpoint.fetch(request, undefined);
    expect(response.status).toBe(429);
    expect(response.headers.get("retry-after")).toBe("7");
    expect(request.bodyUsed).toBe(false);
  });

  it("says in the debug log what was let in, and of no one", async () => {
    const lines: unknown[] = [];
    const registrations = createRegistrations();
    registerBoth(registrations);
    const { server } = start({
      registrations,
      log: { ...silentLog, debug: (message, fields) => lines.push([message, fields]) },
    });
    await ask(server, "2025", call("search", { text: "what only the caller knows" }));
    expect(lines).toEqual([["let in without a token", { method: "tools/call", tool: "search" }]]);
  });

  it("lets calls finish when the server closes, and lets no more in", async () => {
    const registrations = createRegistrations();
    const { promise: over, resolve: finish } = Promise.withResolvers<void>();
    const { promise: running, resolve: begun } = Promise.withResolvers<void>();
    registrations.registerTool("slow", { public: true }, async () => {
      begun();
      await over;
      return { content: [{ type: "text", text: "done" }] };
    });
    const { endpoint, server } = start({ registrations });
    const answer = ask(server, "2026", call("slow"));
    await running;
    const closed = endpoint.close();
    expect((await ask(server, "2026", call("slow"))).status).toBe(503);
    finish();
    expect((await answerOf(answer)).result?.content?.[0]?.text).toBe("done");
    await closed;
  });

  it("ends a subscription after half an hour: no token ends it", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"] });
    try {
      const registrations = createRegistrations();
      registerBoth(registrations);
      const { endpoint, server } = start({ registrations });
      const params = { notifications: { resourceSubscriptions: ["app://terms"] } };
      await ask(server, "2026", { method: "subscriptions/listen", params });
      await vi.advanceTimersByTimeAsync(29 * 60_000);
      expect(endpoint.openStreams()).toBe(1);
      await vi.advanceTimersByTimeAsync(2 * 60_000);
      expect(endpoint.openStreams()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it.each([
    ["a body that is no JSON", "{", 400],
    ["a body that is no message", "7", 400],
    ["an empty batch", "[]", 400],
    ["a body of more than 256 KB", JSON.stringify("x".repeat(256 * 1024)), 413],
  ])("answers %s", async (_, body, status) => {
    const registrations = createRegistrations();
    registerBoth(registrations);
    expect((await post(start({ registrations }).server, body)).status).toBe(status);
  });
});
