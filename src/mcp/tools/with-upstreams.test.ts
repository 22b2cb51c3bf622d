import { McpServer, ProtocolError } from "@modelcontextprotocol/server";
import { beforeEach, describe, expect, it } from "vitest";
import {
  call,
  INITIALIZE,
  type JsonRpc,
  messagesOf,
  startEndpoint,
  textOf,
} from "../../../test/support/mcp-endpoint.ts";
import { UpstreamNotConnected, type Upstreams } from "../../core/upstream.ts";
import type { Log } from "../../platform/logging.ts";

const SECRET = "the-token/of+ada=0123456789";
const LINK = "https://mcp.example/account/connect/acme?ticket=of-ada";
const CAN = { elicitation: { url: {}, form: {} } };

let secret: string;
let connected: Set<string>;
let asked: string[];
let lines: string[];
beforeEach(() => {
  secret = SECRET;
  connected = new Set();
  asked = [];
  lines = [];
});

/** The people who have connected Acme have one token there. */
const upstreams: Upstreams = {
  access(personId, name) {
    if (name !== "acme") throw new Error(`The server has no upstream "${name}".`);
    const get = async () => {
      asked.push(personId);
      if (connected.has(personId)) return secret;
      throw new UpstreamNotConnected({ name, label: "Acme", isKey: false }, LINK);
    };
    return { accessToken: get, key: get };
  },
  isConnected: async (personId) => connected.has(personId),
};

const log: Log = {
  event: (...line) => void lines.push(JSON.stringify(line)),
  error: (message, { cause, ...fields }) => {
    const { stack, ...own } =
      cause instanceof Error ? { ...cause, stack: cause.stack } : { stack: undefined };
    lines.push(JSON.stringify([message, fields, own, stack, String(cause)]));
  },
  info: (...line) => void lines.push(JSON.stringify(line)),
  debug: (...line) => void lines.push(JSON.stringify(line)),
};

function start(options: Parameters<typeof startEndpoint>[0] = {}) {
  const rig = startEndpoint({ upstreams, log, debug: true, ...options });
  const { registerTool, registerPrompt, registerResource } = rig.registrations;
  const used = async (token: Promise<string>) => ({
    content: [{ type: "text" as const, text: `${(await token).length} characters` }],
  });
  registerTool("act", {}, ({ upstream }) => used(upstream("acme").accessToken()));
  registerTool("nowhere", {}, ({ upstream }) => used(upstream("nowhere").accessToken()));
  registerPrompt("ask", {}, async ({ upstream }) => {
    await upstream("acme").accessToken();
    return { messages: [] };
  });
  registerResource("page", "app://page", {}, async (_uri, { upstream }) => {
    await upstream("acme").accessToken();
    return { contents: [] };
  });
  return rig;
}

const lastOf = async (response: Response): Promise<JsonRpc> => (await messagesOf(response)).at(-1) ?? {};
const TOOL = { method: "tools/call", params: { name: "act", arguments: {} } };
const PROMPT = { method: "prompts/get", params: { name: "ask" } };
const RESOURCE_READ = { method: "resources/read", params: { uri: "app://page" } };

describe("a tool that acts at another service", () => {
  it("gets what the caller has there, and of no one else", async () => {
    const rig = start();
    connected.add("ada");
    expect(await textOf(await rig.post(rig.tokenFor(), call("act")))).toBe(`${SECRET.length} characters`);
    const grace = rig.tokenFor({ person: { id: "grace" } });
    expect(await textOf(await rig.post(grace, call("act")))).toContain("This needs your account at Acme.");
    expect(asked).toEqual(["ada", "grace"]);
  });

  it("gets nothing for a program, also one that is called like a person", async () => {
    const rig = start();
    connected.add("ada");
    const program = rig.tokenFor({ person: { id: "ada" }, client: { id: "ada", name: null } });
    expect(await textOf(await rig.post(program, call("act")))).toContain("A program called");
    expect(asked).toEqual([]);
  });

  it("says which name is wrong, and that there are none at all", async () => {
    const rig = start();
    expect(await textOf(await rig.post(rig.tokenFor(), call("nowhere")))).toContain('no upstream "nowhere"');
    const without = start({ upstreams: undefined });
    expect(await textOf(await without.post(without.tokenFor(), call("act")))).toBe(
      'There is no upstream "acme": set the option upstreams.',
    );
  });
});

it("an `mcp` factory gets what its caller has, too", async () => {
  connected.add("ada");
  const rig = start({
    factory: ({ upstream }) => {
      const server = new McpServer({ name: "own", version: "1" });
      server.registerTool("act", {}, async () => ({
        content: [{ type: "text", text: `${(await upstream("acme").accessToken()).length} characters` }],
      }));
      return server;
    },
  });
  expect(await textOf(await rig.post(rig.tokenFor(), call("act")))).toBe(`${SECRET.length} characters`);
  expect(asked).toEqual(["ada"]);
});

describe("where the person has not connected it", () => {
  it("a client that says nothing of links gets it as text, and the log does not", async () => {
    const rig = start();
    for (const response of [
      await rig.post(rig.tokenFor(), call("act")),
      await rig.postModern(rig.tokenFor(), TOOL),
      await rig.postModern(rig.tokenFor(), { ...TOOL, capabilities: { elicitation: {} } }),
    ]) {
      const { result } = await lastOf(response);
      expect(result).toMatchObject({ isError: true });
      expect(result?.content?.[0]?.text).toContain(`good for ten minutes: ${LINK}`);
    }
    expect(lines.join()).not.toContain("ticket");
    expect(lines.join()).not.toContain("a handler failed");
  });

  it("a prompt and a resource answer with an error that has the link", async () => {
    const rig = start();
    for (const message of [PROMPT, RESOURCE_READ]) {
      const { error } = await lastOf(await rig.postModern(rig.tokenFor(), message));
      expect(error).toMatchObject({ code: -32600 });
      expect(error?.message).toContain(LINK);
    }
    expect(lines.join()).not.toContain("ticket");
  });

  it.each([TOOL, PROMPT, RESOURCE_READ])(
    "a client of 2026-07-28 that opens links is asked to, for $method",
    async (message) => {
      const rig = start();
      const { result } = await lastOf(
        await rig.postModern(rig.tokenFor(), { ...message, capabilities: CAN }),
      );
      expect(result).toMatchObject({
        resultType: "input_required",
        inputRequests: {
          "gatehouse-connect-acme": {
            method: "elicitation/create",
            params: { mode: "url", url: LINK, message: expect.stringContaining("your account at Acme") },
          },
        },
      });
      expect(lines.join()).not.toContain("ticket");
    },
  );

  it("and the call that comes again waits until the person is done", async () => {
    const rig = start();
    const again = {
      ...TOOL,
      params: { ...TOOL.params, inputResponses: { "gatehouse-connect-acme": { action: "accept" } } },
      capabilities: CAN,
    };
    const waiting = rig.postModern(rig.tokenFor(), again);
    await new Promise((resolve) => setTimeout(resolve, 50));
    connected.add("ada");
    expect(await textOf(await waiting)).toBe(`${SECRET.length} characters`);
  });

  it.each(["decline", "cancel"])("and who says %s is not asked again", async (action) => {
    const rig = start();
    const again = {
      ...TOOL,
      params: { ...TOOL.params, inputResponses: { "gatehouse-connect-acme": { action } } },
      capabilities: CAN,
    };
    const { result } = await lastOf(await rig.postModern(rig.tokenFor(), again));
    expect(result).toMatchObject({ isError: true });
    expect(result?.content?.[0]?.text).toContain(LINK);
  });

  it("a made-up answer makes no one wait, and opens nothing", async () => {
    const rig = start();
    const responses = Object.fromEntries(
      ["nowhere", "__proto__", ""].map((name) => [`gatehouse-connect-${name}`, { action: "accept" }]),
    );
    const made = { ...TOOL, params: { ...TOOL.params, inputResponses: responses }, capabilities: CAN };
    connected.add("ada");
    expect(await textOf(await rig.postModern(rig.tokenFor(), made))).toBe(`${SECRET.length} characters`);
  });

  it("a session of 2025-11-25 whose client opens links gets the error that says so", async () => {
    const rig = start({ sessions: true });
    const token = rig.tokenFor();
    const open = async (capabilities: object) => {
      const message = { ...INITIALIZE, params: { ...INITIALIZE.params, capabilities } };
      const opened = await rig.post(token, message);
      await opened.text();
      return { "mcp-session-id": opened.headers.get("mcp-session-id") ?? "" };
    };
    const { error } = await lastOf(await rig.post(token, call("act"), await open(CAN)));
    expect(error).toMatchObject({
      code: -32042,
      data: {
        elicitations: [{ mode: "url", url: LINK, elicitationId: expect.stringMatching(/^[\w-]{22}$/) }],
      },
    });
    expect(error?.message).not.toContain("ticket");
    const { result } = await lastOf(await rig.post(token, call("act"), await open({})));
    expect(result).toMatchObject({ isError: true });
    expect(lines.join()).not.toContain("ticket");
  });
});

describe("what a tool throws", () => {
  it.each<[string, () => unknown]>([
    ["in its message", () => new Error(`GET https://acme.example/?key=${SECRET} failed`)],
    ["in its cause", () => new Error("failed", { cause: new Error(`with ${SECRET}`) })],
    [
      "in a member, as the clients of APIs keep requests",
      () =>
        Object.assign(new Error("failed"), { config: { headers: { Authorization: `Bearer ${SECRET}` } } }),
    ],
    ["as a text", () => `failed with ${SECRET}`],
    ["as an error of the protocol", () => new ProtocolError(-32000, `with ${SECRET}`, { token: SECRET })],
    ["encoded", () => new Error(`?key=${encodeURIComponent(SECRET)}`)],
  ])("has no token %s: neither for the client nor for the log", async (_where, make) => {
    const rig = start();
    connected.add("ada");
    rig.registrations.registerTool("fails", {}, async ({ upstream }) => {
      await upstream("acme").accessToken();
      throw make();
    });
    const answered = await (await rig.post(rig.tokenFor(), call("fails"))).text();
    expect(answered).toContain("isError");
    for (const text of [answered, lines.join()]) expect(text).not.toContain(SECRET);
  });

  /** What a quote and a backslash become in JSON is another text. */
  const AWKWARD = 'the"key\\of/ada+0123456789';
  const base64 = Buffer.from(`ada:${AWKWARD}`).toString("base64");
  it.each<[string, () => unknown]>([
    ["in JSON in its message", () => new Error(`failed: ${JSON.stringify({ authorization: AWKWARD })}`)],
    ["in JSON in JSON", () => new Error(JSON.stringify(JSON.stringify([AWKWARD])))],
    ["as Basic credentials", () => new Error(`Authorization: Basic ${base64}`)],
    ["in its name", () => Object.assign(new Error("failed"), { name: AWKWARD })],
    [
      "in the data of an error of the protocol",
      () => new ProtocolError(-32000, "failed", { header: [AWKWARD] }),
    ],
    ["in what a ring of causes says", () => ring(`with ${AWKWARD}`)],
    ["in a message that is no text", () => Object.assign(new Error("failed"), { message: { key: AWKWARD } })],
  ])("has no key with a quote and a backslash %s", async (_where, make) => {
    const rig = start();
    connected.add("ada");
    secret = AWKWARD;
    rig.registrations.registerTool("fails", {}, async ({ upstream }) => {
      await upstream("acme").key();
      throw make();
    });
    rig.registrations.registerPrompt("fails", {}, async ({ upstream }) => {
      await upstream("acme").key();
      throw make();
    });
    const answered = await (await rig.post(rig.tokenFor(), call("fails"))).text();
    const prompt = await rig.postModern(rig.tokenFor(), { method: "prompts/get", params: { name: "fails" } });
    expect(answered).toContain("isError");
    expectNothingOf(AWKWARD, answered, await prompt.text(), lines.join());
  });

  it("has no token where it comes of what is no promise of the platform, like a query", async () => {
    const rig = start();
    connected.add("ada");
    let runs = 0;
    rig.registrations.registerTool("fails", {}, ({ upstream }) => {
      const query: PromiseLike<never> = {
        // biome-ignore lint/suspicious/noThenProperty: as the queries of some libraries have it
        then: (kept, failed) => {
          runs += 1;
          const work = upstream("acme")
            .accessToken()
            .then((token) => {
              throw new Error(`with ${token}`);
            });
          return work.then(kept, failed);
        },
      };
      return query as Promise<never>;
    });
    const answered = await (await rig.post(rig.tokenFor(), call("fails"))).text();
    expect(answered).toContain("with [hidden]");
    expect(lines.join()).toContain("a handler failed");
    expectNothingOf(SECRET, answered, lines.join());
    expect(runs).toBe(1);
  });

  it("has no token that the tool still had, and said to be refused", async () => {
    const rig = start();
    connected.add("ada");
    rig.registrations.registerTool("fails", {}, async ({ upstream }) => {
      await upstream("acme").accessToken({ refused: "an-older-token-0123" });
      throw new Error("with an-older-token-0123");
    });
    expect(await textOf(await rig.post(rig.tokenFor(), call("fails")))).toBe("with [hidden]");
  });

  it("is otherwise as it was thrown", async () => {
    const rig = start();
    rig.registrations.registerTool("fails", {}, () => {
      throw Object.assign(new Error("failed"), { code: "E1" });
    });
    expect(await textOf(await rig.post(rig.tokenFor(), call("fails")))).toBe("failed");
    expect(lines.join()).toContain("E1");
  });
});

describe("what the handlers of an `mcp` factory throw", () => {
  const AWKWARD = 'the"key\\of/ada+0123456789';
  function startFactory(sessions = false) {
    secret = AWKWARD;
    connected.add("ada");
    return start({
      sessions,
      factory: ({ upstream }) => {
        const server = new McpServer({ name: "own", version: "1" });
        server.registerTool("fails", {}, async () => {
          throw new Error(`failed: ${JSON.stringify({ key: await upstream("acme").key() })}`);
        });
        server.registerTool("says", {}, async () => ({
          content: [{ type: "text", text: await upstream("acme").key() }],
        }));
        server.registerPrompt("fails", {}, async () => {
          throw new ProtocolError(-32000, "failed", { key: await upstream("acme").key() });
        });
        return server;
      },
    });
  }
  const FAILS = { method: "tools/call", params: { name: "fails", arguments: {} } };
  const PROMPT_FAILS = { method: "prompts/get", params: { name: "fails" } };

  it.each([FAILS, PROMPT_FAILS])("has no key: $method", async (message) => {
    const rig = startFactory();
    const answers = [
      await rig.post(rig.tokenFor(), { jsonrpc: "2.0", id: 1, ...message }),
      await rig.postModern(rig.tokenFor(), message),
    ];
    for (const answer of answers) {
      const text = await answer.text();
      expect(text).toContain("failed");
      expect(text).toContain("[hidden]");
      expectNothingOf(AWKWARD, text, lines.join());
    }
  });

  it("has no key in a session", async () => {
    const rig = startFactory(true);
    const token = rig.tokenFor();
    const opened = await rig.post(token, INITIALIZE);
    await opened.text();
    const session = { "mcp-session-id": opened.headers.get("mcp-session-id") ?? "" };
    const answer = await (await rig.post(token, call("fails"), session)).text();
    expect(answer).toContain("[hidden]");
    expectNothingOf(AWKWARD, answer, lines.join());
  });

  it("is the tool's own where it is no error", async () => {
    const rig = startFactory();
    expect(await textOf(await rig.post(rig.tokenFor(), call("says")))).toBe(AWKWARD);
  });

  it("has no key where the factory itself throws it", async () => {
    connected.add("ada");
    const rig = start({
      factory: async ({ upstream }) => {
        throw new Error(`no server with ${await upstream("acme").accessToken()}`);
      },
    });
    const response = await rig.post(rig.tokenFor(), call("act"));
    expect(response.status).toBe(500);
    expect(lines.join()).toContain("no server with [hidden]");
    expectNothingOf(SECRET, await response.text(), lines.join());
  });
});

/** Neither as it is, nor as JSON has it, nor in base64. */
function expectNothingOf(token: string, ...texts: readonly string[]): void {
  const inJson = JSON.stringify(token).slice(1, -1);
  const twice = JSON.stringify(inJson).slice(1, -1);
  const base64 = Buffer.from(`ada:${token}`).toString("base64").slice(8, -4);
  for (const text of texts) {
    for (const form of [token, inJson, twice, JSON.stringify(twice).slice(1, -1), base64]) {
      expect(text).not.toContain(form);
    }
  }
}

function ring(message: string): Error {
  const error = new Error(message);
  error.cause = error;
  return error;
}
