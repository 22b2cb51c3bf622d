import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { callTool } from "../support/client.ts";
import { AUDIENCE, type Issuer, startIssuer } from "../support/issuer.ts";
import { freePort } from "../support/listening.ts";
import { reach } from "../support/network.ts";
import { gatehouseProcess, startDemo, temporaryFolder } from "../support/processes/command.ts";

let issuer: Issuer;
beforeAll(async () => {
  issuer = await startIssuer();
});
afterAll(() => issuer.close());

const oauth = () => ({ OAUTH_ISSUER: issuer.url, OAUTH_AUDIENCE: AUDIENCE });

/** What a tool answers, out of an event stream or not. */
async function resultOf(origin: string, token: string, name: string, args: object = {}): Promise<unknown> {
  const response = await callTool(reach(origin), token, name, args);
  expect(response.status).toBe(200);
  const text = await response.text();
  return JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? text).result.structuredContent;
}

describe("gatehouse demo behind a provider", () => {
  it("runs its tools for the provider's people, and shows the provider's claims", async () => {
    const demo = await startDemo([], { env: oauth() });
    expect(demo.stdout()).toContain(`at ${issuer.url}`);
    expect(demo.stdout()).not.toContain("demo123");
    const token = await issuer.mint({ scope: "openid", name: "Ada", department: "Analytical engines" });
    expect(await resultOf(demo.origin, token, "get_me")).toMatchObject({
      user_id: "ada",
      name: "Ada",
      issuer: issuer.url,
      client_id: "client",
      scopes: ["openid"],
      claims: { iss: issuer.url, aud: AUDIENCE, sub: "ada", department: "Analytical engines" },
    });
    expect((await demo.stop()).exitCode).toBe(0);
  });

  it("get_me names what every client shows first, and the uid where the token has one", async () => {
    const demo = await startDemo([], { env: oauth() });
    const members = async (claims: Readonly<Record<string, unknown>>) =>
      Object.entries((await resultOf(demo.origin, await issuer.mint(claims), "get_me")) as object);
    const first = ["user_id", "uid", "issuer", "audience", "client_id"];
    const rest = ["scopes", "issued_at", "expires_at", "token_id", "name", "claims"];
    for (const uid of ["usr_1", 17]) {
      const me = await members({ uid });
      expect(me.map(([name]) => name)).toEqual([...first, ...rest]);
      expect(me).toContainEqual(["uid", String(uid)]);
    }
    for (const claims of [{}, { uid: null }, { uid: "" }]) {
      const names = (await members(claims)).map(([name]) => name);
      expect(names).toEqual([...first, ...rest].filter((name) => name !== "uid"));
    }
    await demo.stop();
  });

  it("leads clients to the provider, and asks it for scopes only where they are needed", async () => {
    const demo = await startDemo([], { env: oauth() });
    const challenged = await callTool(reach(demo.origin), "no.good.token", "echo", { text: "x" });
    expect(challenged.status).toBe(401);
    const documents = await fetch(`${demo.origin}/.well-known/oauth-protected-resource/mcp`);
    expect(await documents.json()).toEqual({
      resource: demo.url,
      authorization_servers: [issuer.url],
      bearer_methods_supported: ["header"],
      resource_name: "Gatehouse demo",
    });
    const basic = await issuer.mint({ scope: "openid" });
    const refused = await callTool(reach(demo.origin), basic, "list_todos");
    expect(refused.status).toBe(403);
    expect(refused.headers.get("www-authenticate")).toContain('scope="openid todo:read"');
    await demo.stop();
  });

  it("keeps to-do lists over a restart, and apart by issuer", async () => {
    const cwd = await temporaryFolder();
    const scope = "todo:read todo:write";
    const first = await startDemo([], { cwd, env: oauth() });
    await resultOf(first.origin, await issuer.mint({ scope }), "create_todo", { title: "Water the plants" });
    await first.stop();

    const again = await startDemo([], { cwd, env: oauth() });
    expect(await resultOf(again.origin, await issuer.mint({ scope }), "list_todos")).toMatchObject({
      todos: [{ title: "Water the plants" }],
    });
    await again.stop();

    const other = await startIssuer();
    const elsewhere = await startDemo([], { cwd, env: { ...oauth(), OAUTH_ISSUER: other.url } });
    expect(await resultOf(elsewhere.origin, await other.mint({ scope }), "list_todos")).toEqual({
      todos: [],
    });
    await elsewhere.stop();
    await other.close();
  });

  it("is behind Scalekit under its own names, which may stand in .env", async () => {
    const cwd = await temporaryFolder();
    await writeFile(
      join(cwd, ".env"),
      `SCALEKIT_ENVIRONMENT_URL=${issuer.url}\nSCALEKIT_RESOURCE_ID=res_1\nSCALEKIT_AUDIENCE_NAME=${AUDIENCE}\n`,
    );
    const demo = await startDemo([], { cwd });
    const documents = await fetch(`${demo.origin}/.well-known/oauth-protected-resource`);
    expect(await documents.json()).toMatchObject({
      authorization_servers: [`${issuer.url}/resources/res_1`],
    });
    for (const claims of [
      { iss: `${issuer.url}/resources/res_1`, aud: ["res_1"] },
      { iss: issuer.url, aud: ["res_1", "https://elsewhere.example"] },
      { iss: issuer.url, aud: AUDIENCE },
    ]) {
      const token = await issuer.mint(claims);
      expect(await resultOf(demo.origin, token, "get_me")).toMatchObject({ claims });
    }
    const another = await callTool(reach(demo.origin), await issuer.mint({ aud: ["res_2"] }), "get_me");
    expect(another.status).toBe(401);
    await demo.stop();
  });

  it.each(["", "/", "/mcp", "/mcp/"])(
    "takes the .env of Scalekit's examples, with MCP_SERVER_URL ending in %j",
    async (end) => {
      const port = await freePort();
      const env = {
        SCALEKIT_ENVIRONMENT_URL: issuer.url,
        SCALEKIT_CLIENT_ID: "skc_1",
        SCALEKIT_CLIENT_SECRET: "test_1",
        SCALEKIT_AUDIENCE_NAME: "my-audience",
        MCP_SERVER_URL: `http://localhost:${port}${end}`,
      };
      const demo = await startDemo([], { env, port });
      const documents = await fetch(`http://localhost:${port}/.well-known/oauth-protected-resource/mcp`);
      expect(await documents.json()).toMatchObject({
        resource: `http://localhost:${port}/mcp`,
        authorization_servers: [issuer.url],
      });
      await demo.stop();
    },
  );

  it.each([
    [{ OAUTH_ISSUER: "https://idp.example.com" }, "OAUTH_AUDIENCE is missing"],
    [{ OAUTH_ISSUER: "idp", OAUTH_AUDIENCE: "x" }, 'OAUTH_ISSUER is "idp"'],
    [
      { OAUTH_AUDIENCE: "x", SCALEKIT_RESOURCE_ID: "res_1" },
      "OAUTH_AUDIENCE and SCALEKIT_RESOURCE_ID are both set",
    ],
    [{ SCALEKIT_RESOURCE_ID: "res_1" }, "SCALEKIT_ENVIRONMENT_URL is missing"],
  ])("does not start with %j, and says why in one line", async (env, words) => {
    const { exitCode, stdout, stderr } = await gatehouseProcess(["demo", "--port", "0"], { env });
    expect(exitCode).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^gatehouse: [^\n]+\n$/);
    expect(stderr).toContain(words);
  });
});
