import { completable, ResourceTemplate } from "@modelcontextprotocol/server";
import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import { call, messagesOf, startEndpoint, textOf } from "../../../test/support/mcp-endpoint.ts";
import { ConfigurationError } from "../../core/errors.ts";
import type { Person } from "../../core/person.ts";
import { createRegistrations } from "./registrations.ts";

const nothing = () => ({ content: [] });
const unread = () => ({ contents: [] });
/** The SDK's own servers take it; here `scopes` says what a caller needs. */
const RUNS_FOR_ANYONE: object = { scopeChallenge: () => undefined };

describe("registering", () => {
  it("infers the arguments from the schema", () => {
    const { registerTool, registerPrompt } = createRegistrations();
    registerTool("a", { inputSchema: z.object({ count: z.number().default(1) }) }, (given, context) => {
      expectTypeOf(given).toEqualTypeOf<{ count: number }>();
      expectTypeOf(context.person).toEqualTypeOf<Person>();
      return { content: [{ type: "text", text: "typed" }] };
    });
    registerTool("b", {}, (context) => {
      expectTypeOf(context.scopes).toEqualTypeOf<readonly string[]>();
      return nothing();
    });
    registerPrompt("p", { argsSchema: z.object({ topic: z.string() }) }, ({ topic }) => {
      expectTypeOf(topic).toEqualTypeOf<string>();
      return { messages: [] };
    });
  });

  it.each<[string, (r: ReturnType<typeof createRegistrations>) => void, RegExp]>([
    [
      "a second tool of the same name",
      (r) => {
        r.registerTool("echo", {}, nothing);
        r.registerTool("echo", {}, nothing);
      },
      /the tool "echo" already.*another name/,
    ],
    [
      "a second resource at the same URI",
      (r) => {
        r.registerResource("one", "app://Thing/a", {}, unread);
        r.registerResource("two", "app://Thing/b/../a", {}, unread);
      },
      /the resource "two" already/,
    ],
    ["a name with a space", (r) => r.registerTool("my tool", {}, nothing), /"my tool" cannot be the name/],
    ["a name ending in a dot", (r) => r.registerTool("tool.", {}, nothing), /cannot be the name/],
    ["a name that objects have", (r) => r.registerTool("constructor", {}, nothing), /The tool "constructor"/],
    [
      "a shape that is not wrapped",
      (r) => r.registerTool("t", { inputSchema: { a: z.string() } as unknown as z.ZodObject }, nothing),
      /inputSchema of the tool "t" is not a schema.*z\.object/,
    ],
    [
      "arguments that are not an object",
      (r) => r.registerTool("t", { inputSchema: z.string() }, nothing),
      /inputSchema of the tool "t" describes a string.*z\.object/,
    ],
    [
      "a schema that JSON Schema cannot say",
      (r) => r.registerTool("t", { inputSchema: z.object({ when: z.date() }) }, nothing),
      /inputSchema of the tool "t" cannot be shown/,
    ],
    ["a scope with a space", (r) => r.registerTool("t", { scopes: ["a b"] }, nothing), /"a b".*not a scope/],
    [
      "a scope that nobody can be granted",
      (r) => r.registerPrompt("p", { scopes: ["other"] }, () => ({ messages: [] })),
      /"other", which the prompt "p" needs.*supportedScopes/,
    ],
    [
      "a function in place of what describes it",
      (r) => r.registerTool("t", nothing as never, undefined as never),
      /The tool "t" has no function\. Give it as the third argument\./,
    ],
    [
      "no function (a prompt)",
      (r) => r.registerPrompt("p", {}, {} as never),
      /The prompt "p" has no function\. Give it as the third argument\./,
    ],
    [
      "no function (a resource)",
      (r) => r.registerResource("r", "app://r", unread as never, undefined as never),
      /The resource "r" has no function\. Give it as the fourth argument\./,
    ],
    [
      "a schema in a member that is none",
      (r) => r.registerTool("t", { inputShema: z.object({}) } as object, nothing),
      /has a function at inputShema\..*A schema is in inputSchema or outputSchema\./,
    ],
    ["an address that is no URI", (r) => r.registerResource("r", "thing", {}, unread), /"thing".*app:\/\/r/],
    [
      "a cache hint that the SDK refuses",
      (r) => r.registerResource("r", "app://r", { cacheHint: { ttlMs: -1 } }, unread),
      /The resource "r" cannot be registered.*ttlMs/,
    ],
    [
      "a function of the SDK that runs without the scopes (a tool)",
      (r) => r.registerTool("t", RUNS_FOR_ANYONE, nothing),
      /The tool "t" has a function at scopeChallenge.*scopes/,
    ],
    [
      "a function of the SDK that runs without the scopes (a prompt)",
      (r) => r.registerPrompt("p", RUNS_FOR_ANYONE, () => ({ messages: [] })),
      /The prompt "p" has a function at scopeChallenge/,
    ],
    [
      "a function of the SDK that runs without the scopes (a resource)",
      (r) => r.registerResource("r", "app://r", RUNS_FOR_ANYONE, unread),
      /The resource "r" has a function at scopeChallenge/,
    ],
    [
      "a function of the SDK that runs without the scopes (a template)",
      (r) =>
        r.registerResource(
          "r",
          new ResourceTemplate("r://{id}", { list: undefined }),
          RUNS_FOR_ANYONE,
          unread,
        ),
      /The resource "r" has a function at scopeChallenge/,
    ],
    [
      "a function that hides among the data",
      (r) =>
        r.registerTool("t", { annotations: { title: "T" }, _meta: { a: [{ toJSON: nothing }] } }, nothing),
      /The tool "t" has a function at _meta\.a\.0\.toJSON/,
    ],
    [
      "a callback of a template that is not known",
      (r) => {
        const callbacks = { list: undefined, watch: () => "news" };
        r.registerResource("r", new ResourceTemplate("r://{id}", callbacks), {}, unread);
      },
      /The template of the resource "r" has a function at watch.*list, and complete for its variables \(id\)/,
    ],
    [
      "a completion that cannot be read",
      (r) => {
        const city = completable(z.string(), "Pisa" as never);
        r.registerPrompt("p", { argsSchema: z.object({ city }) }, () => ({ messages: [] }));
      },
      /The completion of "city" in the argsSchema of the prompt "p" cannot be read.*completable/,
    ],
    [
      "a completion of a variable that the template does not have",
      (r) => {
        const callbacks = { list: undefined, complete: { di: () => [] } };
        r.registerResource("r", new ResourceTemplate("r://{id}", callbacks), {}, unread);
      },
      /The template of the resource "r" has a function at complete\.di.*\(id\)/,
    ],
  ])("refuses %s, and says what to do", (_, register, message) => {
    const registrations = createRegistrations((scope) => scope !== "other");
    expect(() => register(registrations)).toThrow(ConfigurationError);
    expect(() => register(createRegistrations((scope) => scope !== "other"))).toThrow(message);
  });

  it("keeps nothing of what it refused", () => {
    const registrations = createRegistrations();
    expect(() => registrations.registerTool("t", { scopes: ["a b"] }, nothing)).toThrow();
    registrations.registerTool("t", {}, nothing);
    expect([...registrations.all()]).toHaveLength(1);
  });

  it("tells the consent page which tools a scope opens", () => {
    const { registerTool, registerPrompt, toolsByScope } = createRegistrations();
    registerTool("free", {}, nothing);
    registerTool("read", { scopes: ["todo:read"] }, nothing);
    registerTool("move", { scopes: ["todo:read", "todo:write"] }, nothing);
    registerPrompt("p", { scopes: ["todo:read"] }, () => ({ messages: [] }));
    expect(toolsByScope()).toEqual(
      new Map([
        ["todo:read", ["read", "move"]],
        ["todo:write", ["move"]],
      ]),
    );
  });
});

describe("what is public", () => {
  it.each(["yes", 1, null, {}, "true"])("is said by true alone: %j is refused", (given) => {
    const { registerTool, registerPrompt, registerResource, all } = createRegistrations();
    const config = { public: given } as never;
    const must = new RegExp(
      `is ${JSON.stringify(given).replace(/[{}]/g, "\\$&")}; it must be true or false\\.$`,
    );
    expect(() => registerTool("t", config, nothing)).toThrow(must);
    expect(() => registerPrompt("p", config, () => ({ messages: [] }))).toThrow(must);
    expect(() => registerResource("r", "app://r", config, () => ({ contents: [] }))).toThrow(must);
    expect([...all()]).toEqual([]);
  });

  it("needs no scope", () => {
    const { registerTool } = createRegistrations();
    expect(() => registerTool("t", { public: true, scopes: ["todo:read"] } as never, nothing)).toThrow(
      'The tool "t" is public and needs the scope todo:read. Remove public or scopes.',
    );
  });

  it("is nothing by itself", () => {
    const { registerTool, tool } = createRegistrations();
    registerTool("a", {}, nothing);
    registerTool("b", { public: false }, nothing);
    expect([tool("a")?.isPublic, tool("b")?.isPublic]).toEqual([false, false]);
  });

  it("is opened by no scope: the consent page does not name it", () => {
    const { registerTool, toolsByScope } = createRegistrations();
    registerTool("anyone", { public: true }, nothing);
    registerTool("person", {}, nothing);
    expect(toolsByScope(["mcp"])).toEqual(new Map([["mcp", ["person"]]]));
  });
});

describe("what was registered", () => {
  it("is described to clients with schemas that are made once", async () => {
    const { registrations, tokenFor, post, postModern } = startEndpoint();
    const schema = z.object({ message: z.string().describe("What to say") });
    let conversions = 0;
    const counted = Object.create(schema, {
      "~standard": {
        value: {
          ...schema["~standard"],
          jsonSchema: {
            input: (options: { target: "draft-2020-12" }) => {
              conversions++;
              return schema["~standard"].jsonSchema.input(options);
            },
          },
        },
      },
    }) as typeof schema;
    registrations.registerTool("echo", { inputSchema: counted }, ({ message }) => ({
      content: [{ type: "text", text: message }],
    }));
    const token = tokenFor();
    for (let i = 0; i < 3; i++) {
      const [listed] = await messagesOf(await post(token, { jsonrpc: "2.0", id: 1, method: "tools/list" }));
      expect(listed?.result?.tools).toMatchObject([
        { name: "echo", inputSchema: { type: "object", properties: { message: { type: "string" } } } },
      ]);
      const called = await postModern(token, {
        method: "tools/call",
        params: { name: "echo", arguments: { message: "hi" } },
      });
      expect(await textOf(called)).toBe("hi");
    }
    expect(conversions).toBe(1);
  });

  it("later than the first request is seen by the next one", async () => {
    const { registrations, tokenFor, post } = startEndpoint();
    registrations.registerTool("first", {}, nothing);
    const token = tokenFor();
    expect((await messagesOf(await post(token, call("second"))))[0]?.error?.message).toContain("second");
    registrations.registerTool("second", {}, () => ({ content: [{ type: "text", text: "here" }] }));
    expect(await textOf(await post(token, call("second")))).toBe("here");
  });

  it("keeps the completions of prompt arguments and resource templates", async () => {
    const { registrations, tokenFor, post } = startEndpoint();
    registrations.registerPrompt(
      "trip",
      { argsSchema: z.object({ city: completable(z.string(), () => ["Paris", "Prague"]) }) },
      () => ({ messages: [] }),
    );
    registrations.registerResource(
      "city",
      new ResourceTemplate("city://{name}", { list: undefined, complete: { name: () => ["Pisa"] } }),
      {},
      unread,
    );
    const complete = async (ref: object, name: string) => {
      const response = await post(tokenFor(), {
        jsonrpc: "2.0",
        id: 1,
        method: "completion/complete",
        params: { ref, argument: { name, value: "P" } },
      });
      return (await messagesOf(response))[0]?.result?.completion;
    };
    expect(await complete({ type: "ref/prompt", name: "trip" }, "city")).toMatchObject({
      values: ["Paris", "Prague"],
    });
    expect(await complete({ type: "ref/resource", uri: "city://{name}" }, "name")).toMatchObject({
      values: ["Pisa"],
    });
  });
});
