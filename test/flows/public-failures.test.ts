import {
  completable,
  ProtocolError,
  ProtocolErrorCode,
  ResourceTemplate,
} from "@modelcontextprotocol/server";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Registrar } from "../../src/mcp/tools/registrar.ts";
import { connect } from "../support/client.ts";
import { startServer } from "../support/server.ts";
import {
  type Asking,
  ask,
  call,
  complete,
  ERAS,
  type Message,
  PUBLIC,
  prompt,
  read,
} from "../support/without-token.ts";

const SECRET = "connect ECONNREFUSED db.internal:5432, password hunter2";

const fail = (): never => {
  throw Object.assign(new Error(SECRET), { code: -32042, data: { host: SECRET } });
};

/** Of another library, as old database drivers have them. */
const ANOTHER_PROMISE = {
  // biome-ignore lint/suspicious/noThenProperty: it is what is tested
  then: (_: unknown, reject: (cause: Error) => void) => reject(new Error(SECRET)),
};

/** Each callback that can fail, in each way in which code does. */
const FAILING: readonly (readonly [string, (registrar: Registrar) => void, Message])[] = [
  ["a tool", ({ registerTool }) => registerTool("it", { public: true }, fail), call("it")],
  [
    "a tool that awaits",
    ({ registerTool }) => registerTool("it", { public: true }, async () => fail()),
    call("it"),
  ],
  [
    "a tool that throws no error",
    ({ registerTool }) =>
      registerTool("it", { public: true }, () => {
        throw SECRET;
      }),
    call("it"),
  ],
  [
    "a tool whose promise is none of the platform's",
    ({ registerTool }) => registerTool("it", { public: true }, () => ANOTHER_PROMISE as never),
    call("it"),
  ],
  [
    "the check of what a tool gets",
    ({ registerTool }) =>
      registerTool("it", { public: true, inputSchema: z.object({ n: z.number().refine(fail) }) }, () => ({
        content: [],
      })),
    call("it", { n: 1 }),
  ],
  [
    "the check of what a tool answers",
    ({ registerTool }) =>
      registerTool(
        "it",
        {
          public: true,
          outputSchema: z.object({
            n: z.string().refine(() => false, { error: ({ input }) => String(input) }),
          }),
        },
        () => ({
          content: [],
          structuredContent: { n: SECRET },
        }),
      ),
    call("it"),
  ],
  ["a prompt", ({ registerPrompt }) => registerPrompt("it", { public: true }, fail), prompt("it")],
  [
    "a completion",
    ({ registerPrompt }) =>
      registerPrompt(
        "it",
        { public: true, argsSchema: z.object({ city: completable(z.string(), fail) }) },
        () => ({ messages: [] }),
      ),
    complete({ type: "ref/prompt", name: "it" }, "city"),
  ],
  [
    "a resource",
    ({ registerResource }) => registerResource("it", "app://it", { public: true }, fail),
    read("app://it"),
  ],
  [
    "a template's resource",
    ({ registerResource }) =>
      registerResource("it", new ResourceTemplate("it://{id}", { list: undefined }), { public: true }, fail),
    read("it://1"),
  ],
  [
    "a template's list",
    ({ registerResource }) =>
      registerResource("it", new ResourceTemplate("it://{id}", { list: fail }), { public: true }, () => ({
        contents: [],
      })),
    { method: "resources/list" },
  ],
  [
    "a template's completion",
    ({ registerResource }) =>
      registerResource(
        "it",
        new ResourceTemplate("it://{id}", { list: undefined, complete: { id: fail } }),
        { public: true },
        () => ({ contents: [] }),
      ),
    complete({ type: "ref/resource", uri: "it://{id}" }, "id"),
  ],
];

describe.each(ERAS)("what is public and fails, in %s", (era) => {
  it.each(FAILING)("tells no one why: %s", async (_, register, message) => {
    for (const askToSignIn of ["connect", "call"] as const) {
      const server = await startServer({ askToSignIn });
      register(server.registrations);
      const { access_token: token } = await connect(server);
      const askers: readonly Asking[] = [askToSignIn === "call" ? {} : { to: PUBLIC }, { token }];
      for (const asking of askers) {
        const before = server.lines.length;
        const said = await (await ask(server, era, message, asking)).text();
        expect(said).toMatch(/The (tool|prompt|resource) \\?"it\\?" failed\./);
        expect(said).not.toMatch(/hunter2|internal|-32042/);
        // The operator's log says it.
        const [line] = server.lines.slice(before).filter(({ name }) => name === "a handler failed");
        expect(String(line?.fields.cause)).toContain("hunter2");
        expect(line?.fields.person).toBe("token" in asking ? "ada" : undefined);
      }
    }
  });

  it("says what the callback means to say", async () => {
    const server = await startServer({ askToSignIn: "call" });
    server.registrations.registerResource("it", "app://it", { public: true }, () => {
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, "There is no such page.");
    });
    server.registrations.registerTool(
      "it",
      { public: true, inputSchema: z.object({ n: z.number() }) },
      () => ({
        isError: true,
        content: [{ type: "text", text: "Nothing was found." }],
      }),
    );
    expect(await (await ask(server, era, read("app://it"))).text()).toContain("There is no such page.");
    expect(await (await ask(server, era, call("it", { n: 1 }))).text()).toContain("Nothing was found.");
    // What is wrong with its own arguments, a client may know.
    expect(await (await ask(server, era, call("it", { n: "x" }))).text()).toContain("expected number");
    expect(server.lines.filter(({ name }) => name === "a handler failed")).toEqual([]);
  });
});
