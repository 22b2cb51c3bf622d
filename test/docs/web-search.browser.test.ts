import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { launchBrowser } from "../support/browser/launch.ts";
import { authorize, callTool, redeem, register, tokensOf } from "../support/client.ts";
import { AUDIENCE, type Issuer, startIssuer } from "../support/issuer.ts";
import { messagesOf } from "../support/mcp-endpoint.ts";
import { type Program, startProgram } from "../support/processes/program.ts";
import {
  body,
  hangUp,
  refusal,
  results,
  silence,
  startTavily,
  type Tavily,
  type TavilyAnswer,
  trickle,
} from "../support/tavily.ts";

const FILE = "examples/web-search-server.ts";
const KEY = "tvly-dev-4Kq9ZtXw7";
const FOUND = {
  title: "Gatehouse",
  url: "https://en.wikipedia.org/wiki/Gatehouse",
  content: "A gatehouse guards the entrance of a castle.",
  score: 0.98,
  raw_content: null,
};

let folder: string;
let tavily: Tavily;
let issuer: Issuer;
/** The one behind a provider, for all that is not about signing in. */
let program: Program;
let token: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-web-search-"));
  [tavily, issuer] = await Promise.all([startTavily(), startIssuer()]);
  Object.assign(issuer.metadata, {
    authorization_endpoint: "https://idp.example/authorize",
    token_endpoint: "https://idp.example/token",
  });
  program = await start({ OAUTH_ISSUER: issuer.url, OAUTH_AUDIENCE: AUDIENCE });
  token = await issuer.mint({ scope: "search:read" });
});
beforeEach(() => {
  tavily.answer = results(FOUND);
  tavily.asked.length = 0;
});
afterAll(async () => {
  await program.stop();
  await Promise.all([tavily.close(), issuer.close()]);
  rmSync(folder, { recursive: true });
});

function start(environment: Readonly<Record<string, string>> = {}): Promise<Program> {
  return startProgram(FILE, {
    cwd: folder,
    environment: {
      TAVILY_API_KEY: KEY,
      TAVILY_BASE_URL: tavily.url,
      TAVILY_TIMEOUT_SECONDS: "2",
      ...environment,
    },
  });
}

type Result = {
  readonly content: readonly { readonly text: string }[];
  readonly structuredContent?: unknown;
  readonly isError?: boolean;
};

/** Through MCP. */
async function searchByMcp(args: object, at = program, bearer = token): Promise<Result> {
  const [message] = await messagesOf(await callTool(at, bearer, "web_search", args));
  return message?.result as Result;
}

/** Through REST. */
function post(content: unknown, bearer: string | undefined = token, at = program): Promise<Response> {
  return fetch(`${at.origin}/tools/call`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(bearer && { authorization: `Bearer ${bearer}` }),
    },
    body: typeof content === "string" ? content : JSON.stringify(content),
  });
}

const search = (args: object) => ({ name: "web_search", arguments: args });

type OpenApi = {
  readonly openapi: string;
  readonly paths: { readonly "/tools/call": { readonly post: { readonly security: unknown } } };
  readonly components: {
    readonly securitySchemes: {
      readonly oauth: { readonly flows: { readonly authorizationCode: { readonly tokenUrl: string } } };
    };
    readonly schemas: {
      readonly Call: {
        readonly properties: {
          readonly arguments: { readonly properties: object; readonly required: unknown };
        };
      };
    };
  };
};

async function openApiOf({ origin }: Program): Promise<OpenApi> {
  return (await (await fetch(`${origin}/openapi.json`)).json()) as OpenApi;
}

describe("a search", () => {
  it("asks the API for what was asked, with the key in the header", async () => {
    await searchByMcp({ query: "castles", max_results: 3, search_depth: "advanced", topic: "news" });
    const [{ path, headers, body: sent } = expect.fail("nothing was asked")] = tavily.asked;
    expect(path).toBe("/search");
    expect(headers.authorization).toBe(`Bearer ${KEY}`);
    expect(sent).toEqual({ query: "castles", max_results: 3, search_depth: "advanced", topic: "news" });
  });

  it("answers the same through MCP and REST", async () => {
    const byMcp = await searchByMcp({ query: "castles" });
    expect(byMcp.structuredContent).toEqual({
      results: [{ title: FOUND.title, url: FOUND.url, content: FOUND.content, score: FOUND.score }],
    });
    expect(byMcp.content[0]?.text).toBe(`${FOUND.title}\n${FOUND.url}\n${FOUND.content}`);
    expect(byMcp.isError).toBeUndefined();

    const byRest = await post(search({ query: "castles" }));
    expect(byRest.status).toBe(200);
    expect(await byRest.json()).toEqual({
      content: byMcp.content,
      structuredContent: byMcp.structuredContent,
    });
    expect(tavily.asked.map(({ body: sent }) => sent)).toEqual(
      Array(2).fill({ query: "castles", max_results: 5, search_depth: "basic", topic: "general" }),
    );
  });

  it("that finds nothing says so, and is no error", async () => {
    tavily.answer = results();
    const { content, structuredContent, isError } = await searchByMcp({ query: "qzxw" });
    expect(content[0]?.text).toContain("other or fewer words");
    expect(structuredContent).toEqual({ results: [] });
    expect(isError).toBeUndefined();
  });
});

describe("a search that fails", () => {
  it.each<readonly [string, TavilyAnswer, string]>([
    ["a bad key", refusal(401, `Unauthorized: invalid API key ${KEY}.`), "set a valid TAVILY_API_KEY"],
    ["too many requests", refusal(429, "Your request has been blocked due to excessive requests."), "Wait"],
    ["a plan used up", refusal(432, "This request exceeds your plan's set usage limit."), "upgrade the plan"],
    [
      "a limit of spending",
      refusal(433, "This request exceeds the pay-as-you-go limit."),
      "raise it in the Tavily dashboard",
    ],
    ["432 without a sentence", body(432, {}), "upgrade the plan"],
    ["arguments that it refuses", refusal(400, "Query is too strange."), "other words or options"],
    ["a server error", body(502, "<html>Bad gateway</html>", "text/html"), "in a few minutes"],
    ["no answer", silence, "took too long"],
    ["an answer that never ends", trickle, "took too long"],
    ["a connection cut", hangUp, "cannot be reached"],
    ["no JSON", body(200, "<html>Hello</html>", "text/html"), "cannot be read"],
    ["half of an answer", body(200, '{"results": [{"title":'), "cannot be read"],
    ["JSON without results", body(200, { images: [] }), "cannot be read"],
    ["results without their fields", results({ title: "No more than this" }), "cannot be read"],
    ["results that are none", results(null as never), "cannot be read"],
  ])("says what to do: %s", async (_what, answer, advice) => {
    tavily.answer = answer;
    const { content, structuredContent, isError } = await searchByMcp({ query: "castles" });
    expect(content[0]?.text).toContain(advice);
    expect(isError).toBe(true);
    expect(structuredContent).toBeUndefined();
    const byRest = await post(search({ query: "castles" }));
    expect(await byRest.json()).toEqual({ content, isError: true });
    expect(JSON.stringify(content)).not.toContain(KEY);
  });

  it("tells the operator why, without the key", async () => {
    tavily.answer = refusal(401, `Unauthorized: no key is ${KEY} today.\nSecond line`);
    await searchByMcp({ query: "a private question" });
    await expect
      .poll(() => program.output())
      .toContain('A search failed: "Unauthorized: no key is [key] today.\\nSecond line"');
    expect(program.output()).not.toContain(KEY);
    expect(program.output()).not.toContain("a private question");
  });
});

describe("POST /tools/call", () => {
  it.each([
    ["no token", undefined, 401, undefined],
    ["a token of nobody", "abc.def.ghi", 401, "invalid_token"],
  ])("refuses %s", async (_what, bearer, status, error) => {
    const refused = await fetch(`${program.origin}/tools/call`, {
      method: "POST",
      headers: bearer ? { authorization: `Bearer ${bearer}` } : {},
      body: JSON.stringify(search({ query: "castles" })),
    });
    expect(refused.status).toBe(status);
    const challenge = refused.headers.get("www-authenticate") ?? "";
    expect(challenge).toContain(
      `resource_metadata="${program.origin}/.well-known/oauth-protected-resource/mcp"`,
    );
    if (error) expect(challenge).toContain(`error="${error}"`);
    expect(tavily.asked).toEqual([]);
  });

  it("refuses a token without the scope, as MCP does", async () => {
    const lesser = await issuer.mint({ scope: "mail:read" });
    for (const refused of [
      await post(search({ query: "castles" }), lesser),
      await callTool(program, lesser, "web_search", { query: "castles" }),
    ]) {
      expect(refused.status).toBe(403);
      const challenge = refused.headers.get("www-authenticate");
      expect(challenge).toContain('error="insufficient_scope"');
      expect(challenge).toContain("search:read");
    }
    expect(tavily.asked).toEqual([]);
  });

  it.each([
    ["no JSON", "{", 400, "invalid_request"],
    ["no call", [], 400, "invalid_request"],
    ["another tool", { name: "constructor", arguments: {} }, 404, "unknown_tool"],
    ["no query", search({}), 400, "invalid_arguments"],
    ["a blank query", search({ query: "  " }), 400, "invalid_arguments"],
    ["a long query", search({ query: "x".repeat(401) }), 400, "invalid_arguments"],
    ["too many results", search({ query: "x", max_results: 21 }), 400, "invalid_arguments"],
    ["another depth", search({ query: "x", search_depth: "deepest" }), 400, "invalid_arguments"],
    ["another topic", search({ query: "x", topic: "gossip" }), 400, "invalid_arguments"],
    ["a large body", search({ query: "x".repeat(70_000) }), 413, "too_large"],
  ])("refuses %s", async (_what, content, status, error) => {
    const refused = await post(content);
    expect(refused.status).toBe(status);
    expect(await refused.json()).toMatchObject({ error, error_description: expect.any(String) });
    expect(tavily.asked).toEqual([]);
  });
});

describe("what it tells of itself", () => {
  it("names the provider and the scope", async () => {
    const document = await fetch(`${program.origin}/.well-known/oauth-protected-resource/mcp`);
    expect(await document.json()).toMatchObject({
      resource: `${program.origin}/mcp`,
      authorization_servers: [issuer.url],
      scopes_supported: ["search:read"],
    });
  });

  it("describes its REST route in OpenAPI 3.1, with where the provider lets people sign in", async () => {
    const document = await openApiOf(program);
    expect(document.openapi).toBe("3.1.0");
    expect(document.paths["/tools/call"].post.security).toEqual([{ oauth: ["search:read"] }]);
    expect(document.components.securitySchemes.oauth).toEqual({
      type: "oauth2",
      flows: {
        authorizationCode: {
          authorizationUrl: "https://idp.example/authorize",
          tokenUrl: "https://idp.example/token",
          refreshUrl: "https://idp.example/token",
          scopes: { "search:read": "Search the web" },
        },
      },
    });
    const { properties, required } = document.components.schemas.Call.properties.arguments;
    expect(Object.keys(properties)).toEqual(["query", "max_results", "search_depth", "topic"]);
    expect(required).toEqual(["query"]);
  });

  it("shows it in a browser, from this server alone", async () => {
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage();
      const elsewhere: string[] = [];
      const complaints: string[] = [];
      page.on("request", (request) => {
        const { protocol, origin } = new URL(request.url());
        if (protocol !== "data:" && origin !== program.origin) elsewhere.push(request.url());
      });
      page.on("console", (message) => {
        if (message.type() === "error") complaints.push(message.text());
      });
      await page.goto(`${program.origin}/docs`);
      await page.getByText("/tools/call").first().waitFor();
      await page.getByRole("button", { name: "Authorize" }).first().click();
      await page.getByText("search:read").first().waitFor();
      expect(elsewhere).toEqual([]);
      expect(complaints).toEqual([]);
    } finally {
      await browser.close();
    }
  });

  it("has no other files below /docs", async () => {
    for (const path of ["/docs/package.json", "/docs/..%2fpackage.json", "/docs/swagger-ui.js"]) {
      expect((await fetch(`${program.origin}${path}`)).status).toBe(404);
    }
  });
});

describe("with the embedded sign-in", () => {
  it("lets a person sign in, and a client search through MCP and REST", async () => {
    const embedded = await start();
    try {
      const { client_id: clientId } = await register(embedded);
      const params = { resource: `${embedded.origin}/mcp` };
      const authorized = await authorize(embedded, clientId, { scopes: ["search:read"], params });
      const { access_token: bearer } = await tokensOf(redeem(embedded, clientId, authorized));
      expect((await searchByMcp({ query: "castles" }, embedded, bearer)).content[0]?.text).toContain(
        FOUND.url,
      );
      expect(await (await post(search({ query: "castles" }), bearer, embedded)).text()).toContain(FOUND.url);
      const { components } = await openApiOf(embedded);
      expect(components.securitySchemes.oauth.flows.authorizationCode.tokenUrl).toBe(
        `${embedded.origin}/oauth/token`,
      );
    } finally {
      await embedded.stop();
    }
  });
});
