import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Validator } from "@seriousme/openapi-schema-validator";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { launchBrowser } from "../support/browser/launch.ts";
import { complaintsIn } from "../support/browser/windows.ts";
import { authorize, callTool, redeem, register, tokensOf } from "../support/client.ts";
import { type Issuer, startIssuer } from "../support/issuer.ts";
import { listening } from "../support/listening.ts";
import { type Program, runProgram, startProgram } from "../support/processes/program.ts";

const SCOPES = ["todo:read", "todo:write", "todo:delete"];

let folder: string;
const closing: (() => Promise<void>)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-todo-"));
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  rmSync(folder, { recursive: true });
});

async function start(
  framework: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Program> {
  const program = await startProgram("examples/todo-server.ts", {
    cwd: folder,
    args: [framework],
    environment,
  });
  closing.push(program.stop);
  return program;
}

/** The whole dance of a client, for a token with these scopes. */
async function tokenOf(program: Program, username: string, scopes: readonly string[]): Promise<string> {
  const { client_id: clientId } = await register(program);
  const password = username === "ada" ? "lovelace" : "hopper";
  const params = { resource: `${program.origin}/mcp` };
  const authorized = await authorize(program, clientId, { username, password, scopes, params });
  return (await tokensOf(redeem(program, clientId, authorized))).access_token;
}

function ask(
  program: Program,
  token: string | undefined,
  method: string,
  path: string,
  body?: string,
): Promise<Response> {
  return fetch(`${program.origin}${path}`, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body }),
  });
}

type Operation = {
  readonly method: string;
  readonly path: string;
  readonly scopes: readonly string[];
};

/** The operations that the OpenAPI document describes. */
async function operationsOf(program: Program): Promise<readonly Operation[]> {
  const description = await (await fetch(`${program.origin}/openapi.json`)).json();
  const validator = new Validator();
  expect(await validator.validate(description as Record<string, unknown>)).toEqual({ valid: true });
  expect(validator.version).toBe("3.1");
  const { paths } = description as {
    readonly paths: Readonly<
      Record<string, Readonly<Record<string, { readonly security: readonly [{ readonly oauth: string[] }] }>>>
    >;
  };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { security }]) => ({
      method: method.toUpperCase(),
      path: path.replace("{id}", "1"),
      scopes: security[0].oauth,
    })),
  );
}

describe.each(["express", "hono"])("todo-server on %s", (framework) => {
  it("keeps one list for the tools and the routes, for each person", async () => {
    const program = await start(framework);
    const ada = await tokenOf(program, "ada", SCOPES);
    const grace = await tokenOf(program, "grace", SCOPES);

    const created = await ask(program, ada, "POST", "/todos", '{"title":"  Water the plants "}');
    expect(created.status).toBe(201);
    const todo = (await created.json()) as { readonly id: string };
    expect(todo).toEqual({
      id: expect.stringMatching(/./),
      title: "Water the plants",
      created_at: expect.stringMatching(/Z$/),
    });
    const added = await callTool(program, ada, "create_todo", { title: "Sing" });
    expect(await added.text()).toContain("Sing");
    const list = await ask(program, ada, "GET", "/todos");
    expect(await list.json()).toEqual({ todos: [todo, expect.objectContaining({ title: "Sing" })] });
    expect(await (await callTool(program, ada, "list_todos")).text()).toContain(todo.id);

    expect(await (await ask(program, grace, "GET", "/todos")).json()).toEqual({ todos: [] });
    expect((await ask(program, grace, "DELETE", `/todos/${todo.id}`)).status).toBe(404);
    expect(await (await callTool(program, grace, "delete_todo", { id: todo.id })).text()).toContain(
      `There is no entry ${todo.id}`,
    );
    expect((await ask(program, ada, "DELETE", `/todos/${todo.id}`)).status).toBe(204);
    const gone = await ask(program, ada, "DELETE", `/todos/${todo.id}`);
    expect(gone.status).toBe(404);
    expect(await gone.json()).toMatchObject({ error: "not_found" });
  });

  it("asks for the scopes that its OpenAPI document and its tools state, and for nothing less", async () => {
    const program = await start(framework);
    const operations = await operationsOf(program);
    expect(operations.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "GET /todos",
      "POST /todos",
      "DELETE /todos/1",
    ]);
    for (const { method, path, scopes } of operations) {
      const nobody = await ask(program, undefined, method, path);
      expect(nobody.status).toBe(401);
      expect(nobody.headers.get("www-authenticate")).toBe(
        `Bearer resource_metadata="${program.origin}/.well-known/oauth-protected-resource/mcp"`,
      );
      const others = SCOPES.filter((scope) => !scopes.includes(scope));
      const refused = await ask(program, await tokenOf(program, "ada", others), method, path);
      expect(refused.status).toBe(403);
      expect(refused.headers.get("www-authenticate")).toContain(
        `scope="${[...others, ...scopes].join(" ")}"`,
      );
      const allowed = await ask(program, await tokenOf(program, "ada", scopes), method, path);
      expect([200, 400, 404]).toContain(allowed.status);
    }
    const reader = await tokenOf(program, "ada", ["todo:read"]);
    const tool = await callTool(program, reader, "create_todo", { title: "x" });
    expect(tool.status).toBe(403);
    const preflight = await fetch(`${program.origin}/todos`, {
      method: "OPTIONS",
      headers: { origin: "https://app.example", "access-control-request-method": "POST" },
    });
    expect(preflight.status).toBe(204);
  });

  it("refuses bodies that hold no entry with a sentence, and goes on", async () => {
    const program = await start(framework, await provider("todo-api"));
    const token = await issuer.mint({ aud: "todo-api", scope: "todo:read todo:write" });
    const titles = [{}, { title: "  " }, { title: "x".repeat(501) }, { title: "x".repeat(200_000) }, null];
    for (const body of ["{", ...titles.map((title) => JSON.stringify(title))]) {
      const response = await ask(program, token, "POST", "/todos", body);
      expect(response.status).toBe(body.length > 100_000 ? 413 : 400);
      expect(await response.json()).toMatchObject({ error: "invalid_request" });
    }
    expect(await (await ask(program, token, "GET", "/todos")).json()).toEqual({ todos: [] });
  });

  it("trusts a provider in place of its own people, and describes that one's endpoints", async () => {
    const endpoints = {
      authorization_endpoint: "https://idp.example/authorize",
      token_endpoint: "https://idp.example/token",
    };
    const program = await start(framework, await provider("todo-api", endpoints));
    const token = await issuer.mint({ aud: "todo-api", scope: SCOPES.join(" ") });
    expect((await ask(program, token, "POST", "/todos", '{"title":"Sing"}')).status).toBe(201);
    expect(await (await callTool(program, token, "list_todos")).text()).toContain("Sing");
    const metadata = await fetch(`${program.origin}/.well-known/oauth-protected-resource/mcp`);
    expect(await metadata.json()).toMatchObject({ authorization_servers: [issuer.url] });
    const { components } = (await (await fetch(`${program.origin}/openapi.json`)).json()) as {
      components: object;
    };
    expect(components).toMatchObject({
      securitySchemes: {
        oauth: {
          type: "oauth2",
          flows: {
            authorizationCode: {
              authorizationUrl: endpoints.authorization_endpoint,
              tokenUrl: endpoints.token_endpoint,
            },
          },
        },
      },
    });
  });

  it("keeps lists across restarts, and apart from the same name at another provider", async () => {
    const first = await start(framework, await provider("todo-api"));
    await ask(
      first,
      await issuer.mint({ aud: "todo-api", scope: "todo:write" }),
      "POST",
      "/todos",
      '{"title":"Mine"}',
    );
    await first.stop();
    const token = () => issuer.mint({ aud: "todo-api", scope: "todo:read" });
    const again = await start(framework, { OAUTH_ISSUER: issuer.url, OAUTH_AUDIENCE: "todo-api" });
    expect(await (await ask(again, await token(), "GET", "/todos")).text()).toContain("Mine");
    await again.stop();
    const moved = await start(framework, await provider("todo-api"));
    expect(await (await ask(moved, await token(), "GET", "/todos")).json()).toEqual({ todos: [] });
  });

  let issuer: Issuer;
  /** A provider of its own, and the environment that names it. */
  async function provider(
    audience: string,
    metadata: object = {},
  ): Promise<Readonly<Record<string, string>>> {
    issuer = await startIssuer();
    closing.push(issuer.close);
    Object.assign(issuer.metadata, metadata);
    return { OAUTH_ISSUER: issuer.url, OAUTH_AUDIENCE: audience };
  }
});

const WHAT_THEY_ARE = "The issuer is the iss of the provider's tokens, and the audience their aud.\n";

describe("todo-server ends with one sentence", () => {
  it.each<readonly [string, readonly string[], Readonly<Record<string, string>>, string]>([
    ["a framework that it has not", ["koa"], {}, "The framework koa is unknown. Say express or hono.\n"],
    [
      "a provider without an audience, of which every token would do",
      [],
      { OAUTH_ISSUER: "https://idp.example" },
      `OAUTH_AUDIENCE is missing, which OAUTH_ISSUER also needs. ${WHAT_THEY_ARE}`,
    ],
    [
      "keys of no provider",
      [],
      { OAUTH_JWKS_URI: "https://idp.example/jwks" },
      `OAUTH_ISSUER and OAUTH_AUDIENCE are missing, which OAUTH_JWKS_URI also needs. ${WHAT_THEY_ARE}`,
    ],
  ])("%s", async (_what, args, environment, sentence) => {
    const ended = await runProgram("examples/todo-server.ts", { cwd: folder, args, environment });
    expect(ended).toEqual({ exitCode: 1, output: sentence });
  });

  it.each(["express", "hono"])("a port that is taken, on %s", async (framework) => {
    const other = createServer();
    const port = await listening(other, "localhost");
    closing.push(async () => void other.close());
    const PORT = String(port);
    expect(
      await runProgram("examples/todo-server.ts", { cwd: folder, args: [framework], environment: { PORT } }),
    ).toEqual({
      exitCode: 1,
      output: `Port ${PORT} is already in use. Stop the other program, or set another PORT.\n`,
    });
  });
});

describe("the page about the routes", () => {
  let browser: Awaited<ReturnType<typeof launchBrowser>>;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  it("shows them, signs a person in with PKCE, and calls them, with nothing from elsewhere", async () => {
    const program = await start("hono");
    const context = await browser.newContext();
    closing.push(() => context.close());
    const complaints = complaintsIn(context);
    const foreign: string[] = [];
    context.on("request", (request) => {
      if (!request.url().startsWith(program.origin) && !request.url().startsWith("data:"))
        foreign.push(request.url());
    });
    const page = await context.newPage();
    await page.goto(`${program.origin}/docs`);
    await page.getByText("Your list, oldest first").waitFor();
    await page.getByRole("button", { name: "Authorize" }).click();
    const [popup] = await Promise.all([
      context.waitForEvent("page"),
      page.locator(".auth-btn-wrapper .authorize").click(),
    ]);
    await popup.getByLabel("Username").fill("ada");
    await popup.getByLabel("Password").fill("lovelace");
    await popup.getByRole("button", { name: "Sign in" }).click();
    // The page takes a click once the mouse has been over it for a moment.
    await popup.getByRole("button", { name: "Approve" }).waitFor();
    await popup.mouse.move(1, 1);
    await popup.getByRole("button", { name: "Approve" }).click();
    await page.locator(".auth-container").getByText("Authorized").waitFor();
    await page.locator(".btn-done").click();
    await page.getByText("Your list, oldest first").click();
    await page.getByRole("button", { name: "Try it out" }).click();
    const [answer] = await Promise.all([
      page.waitForResponse(`${program.origin}/todos`),
      page.getByRole("button", { name: "Execute" }).click(),
    ]);
    expect(await answer.json()).toEqual({ todos: [] });
    expect(foreign).toEqual([]);
    expect(complaints).toEqual([]);
  });
});
