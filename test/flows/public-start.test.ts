import { McpServer } from "@modelcontextprotocol/server";
import { afterEach, describe, expect, it } from "vitest";
import {
  type Authorization,
  type CreateOptions,
  createOAuthServer,
  type OAuthServer,
} from "../../src/index.ts";
import { silentLog } from "../../src/platform/logging.ts";
import { textOf } from "../support/account.ts";
import { AUDIENCE, startIssuer } from "../support/issuer.ts";
import {
  answerOf,
  ask,
  call,
  ERAS,
  handshake,
  listed,
  PUBLIC,
  post,
  registerBoth,
} from "../support/without-token.ts";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

function create(
  options: CreateOptions = {},
  access: Parameters<typeof createOAuthServer>[1] | Authorization = () => null,
) {
  const said: string[] = [];
  const server = createOAuthServer("Test App", access, {
    database: ":memory:",
    publicUrl: "https://mcp.example",
    supportedScopes: ["mcp", "todo:write"],
    log: {
      ...silentLog,
      info: (message, fields) => said.push(`${message}${fields ? ` ${JSON.stringify(fields)}` : ""}`),
    },
    ...options,
  });
  closing.push(server.close);
  return { server, said };
}

const open = (server: OAuthServer) => server.fetch(new Request("https://mcp.example/health"));

describe("the status page", () => {
  const page = async (server: OAuthServer) => {
    const request = new Request("https://mcp.example/", { headers: { accept: "text/html" } });
    return textOf(await (await server.fetch(request)).text());
  };
  const SENTENCE = "Part of it needs no sign-in: for that, give your client https://mcp.example/mcp/public";

  it("has the URL of what is public, once something is", async () => {
    const { server } = create();
    expect(await page(server)).not.toContain("/public");
    registerBoth(server);
    expect(await page(server)).toContain(SENTENCE);
  });

  it("has the one URL where the MCP endpoint itself serves it", async () => {
    const { server } = create({ askToSignIn: "call" });
    registerBoth(server);
    expect(await page(server)).not.toContain("Part of it needs no sign-in");
  });
});

describe("the start", () => {
  const WHAT = { tools: "search", resources: "terms, doc", prompts: "guide" };

  it.each([
    ["connect", PUBLIC, []],
    [
      "call",
      AUDIENCE,
      [`Clients connect to ${AUDIENCE} and list its tools without a token, as askToSignIn says.`],
    ],
  ] as const)('says what is public and where (askToSignIn: "%s")', async (askToSignIn, url, before) => {
    const { server, said } = create({ askToSignIn });
    registerBoth(server);
    expect(said).toEqual([]);
    await open(server);
    expect(said).toEqual([
      ...before,
      `Anyone may use these without a token, at ${url} ${JSON.stringify(WHAT)}`,
    ]);
  });

  it("says nothing where nothing is public, and later what is registered late", async () => {
    const { server, said } = create();
    server.registerTool("person", {}, () => ({ content: [] }));
    await open(server);
    expect(said).toEqual([]);
    server.registerTool("another_person", {}, () => ({ content: [] }));
    server.registerTool("late", { public: true }, () => ({ content: [] }));
    expect(said).toEqual([`Anyone may use these without a token, at ${PUBLIC} {"tools":"late"}`]);
  });

  it("says the URL of the port that it got", async () => {
    const { server, said } = create({ publicUrl: undefined, port: 0, handleSignals: false });
    registerBoth(server);
    const { url } = await server.listen();
    expect(said[0]).toContain(`at ${url}/public {"tools"`);
  });
});

it("a factory's tools are nobody's, whatever else is registered", async () => {
  const { server, said } = create({ mcp: () => new McpServer({ name: "own", version: "1" }) });
  registerBoth(server);
  expect((await ask(server, "2025", call("search"), { to: PUBLIC })).status).toBe(404);
  expect(said).toEqual([]);
});

it("the words for the model are for those who may use all of the server", async () => {
  const instructions = "Use secret for secrets.";
  const connect = create({ instructions }).server;
  const atCall = create({ instructions, askToSignIn: "call" }).server;
  registerBoth(connect);
  registerBoth(atCall);
  const initialized = async (server: OAuthServer, to?: string) =>
    (await answerOf(post(server, handshake("test"), to === undefined ? {} : { to }))).result;
  expect((await initialized(connect, PUBLIC))?.instructions).toBeUndefined();
  expect((await initialized(connect, PUBLIC))?.capabilities).not.toHaveProperty("extensions");
  expect((await initialized(atCall))?.instructions).toBe(instructions);
});

describe.each(ERAS)("behind a provider, in %s", (era) => {
  async function behind(options: CreateOptions) {
    const issuer = await startIssuer();
    closing.push(() => issuer.close());
    const authorization = { issuer: issuer.url, audience: AUDIENCE, scopePrefix: "api://todos/" };
    const { server } = create({ requiredScopes: ["mcp"], ...options }, { authorization });
    return { issuer, server, ...registerBoth(server) };
  }

  it("what is public has its path, and the rest its sign-in at the provider", async () => {
    const { server, ran, issuer } = await behind({});
    expect(await listed(server, era, "tools", { to: PUBLIC })).toEqual(["search"]);
    expect((await ask(server, era, call("search"), { to: PUBLIC })).status).toBe(200);
    expect((await ask(server, era, call("search"))).status).toBe(401);
    expect(ran).toEqual(["search"]);
    // No token was looked at.
    expect(issuer.asked.size).toBe(0);
  });

  it("the first call that needs it asks for a sign-in, with the provider's names for scopes", async () => {
    const { server, issuer } = await behind({ askToSignIn: "call" });
    const { result } = await answerOf(ask(server, era, { method: "tools/list" }));
    expect(result?.tools).toMatchObject([
      { name: "search", securitySchemes: [{ type: "noauth" }] },
      {
        name: "secret",
        securitySchemes: [{ type: "oauth2", scopes: ["api://todos/mcp", "api://todos/todo:write"] }],
      },
    ]);
    const response = await ask(server, era, call("secret"));
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toContain(
      'scope="api://todos/mcp api://todos/todo:write"',
    );
    const token = await issuer.mint({ scope: "mcp todo:write" });
    expect(
      (await answerOf(ask(server, era, call("secret", { text: "x" }), { token }))).result?.content,
    ).toEqual([{ type: "text", text: "ada x" }]);
  });
});
