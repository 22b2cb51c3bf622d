import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import {
  authorize,
  callTool,
  connect,
  postForm,
  REDIRECT_URI,
  redeem,
  refresh,
  tokensOf,
} from "../support/client.ts";
import { DEMO, reach } from "../support/network.ts";
import { type Demo, gatehouse, startDemo } from "../support/processes/command.ts";

let demo: Demo;
let there: ReturnType<typeof reach>;

beforeAll(async () => {
  demo = await startDemo();
  there = reach(demo.origin);
});

/** A command in the directory of the demonstration, while it runs. */
async function beside(...parameters: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await gatehouse(parameters, { cwd: demo.cwd });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  return stdout;
}

const asDemo = () => ({ ...DEMO, params: { resource: demo.url } });

type GrantRow = { readonly id: string; readonly clientId: string };

async function grantOf(clientId: string): Promise<string> {
  const [grant, ...others] = JSON.parse(
    await beside("grant", "list", "--client", clientId, "--json"),
  ) as GrantRow[];
  expect(others).toEqual([]);
  return grant?.id ?? "";
}

const statusOfMcp = async (token: string) => (await callTool(there, token, "get_time")).status;

/** Within a second, says the help; how long a busy machine takes is not what is tested. */
const soon = (read: () => Promise<unknown>) => expect.poll(read, { timeout: 20_000, interval: 100 });

describe("gatehouse client", () => {
  it("add prints a secret once, which proves the client at the token and introspection endpoints", async () => {
    const added = await beside("client", "add", "--name", "My service", "--redirect-uri", REDIRECT_URI);
    const clientId = /client_id\s+(\S+)/.exec(added)?.[1] ?? "";
    const secret = /client_secret\s+(\S+)/.exec(added)?.[1] ?? "";
    expect(secret.length).toBeGreaterThanOrEqual(32);
    expect(added.split(secret)).toHaveLength(2);

    const basic = { authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString("base64")}` };
    const { code, verifier } = await authorize(there, clientId, asDemo());
    const exchange = { grant_type: "authorization_code", code, code_verifier: verifier };
    const fields = { ...exchange, redirect_uri: REDIRECT_URI };
    const wrong = { authorization: `Basic ${Buffer.from(`${clientId}:wrong`).toString("base64")}` };
    expect((await postForm(there, "/oauth/token", fields, wrong)).status).toBe(401);
    const tokens = await tokensOf(postForm(there, "/oauth/token", fields, basic));

    const introspected = await postForm(there, "/oauth/introspect", { token: tokens.access_token }, basic);
    expect(await introspected.json()).toMatchObject({ active: true, client_id: clientId, sub: "demo" });
    const others = await connect(there, asDemo());
    const foreign = await postForm(there, "/oauth/introspect", { token: others.access_token }, basic);
    expect(await foreign.json()).toEqual({ active: false });

    for (const shown of [
      await beside("client", "list"),
      await beside("client", "list", "--json"),
      await beside("client", "show", clientId),
      await beside("client", "show", clientId, "--json"),
    ]) {
      expect(shown).toContain("My service");
      expect(shown).not.toContain(secret);
      expect(shown).not.toContain("secretHash");
    }
    for (const file of await readdir(demo.cwd)) {
      expect((await readFile(join(demo.cwd, file))).includes(secret), file).toBe(false);
    }
  });

  it("add --json is for programs, and an id is taken once", async () => {
    const parameters = ["--id", "mine", "--name", "Mine", "--redirect-uri", REDIRECT_URI, "--json"];
    const { client_id, client_secret } = JSON.parse(await beside("client", "add", ...parameters));
    expect(client_id).toBe("mine");
    expect(client_secret).toMatch(/^\S{32,}$/);
    const again = await gatehouse(["client", "add", ...parameters], { cwd: demo.cwd });
    expect(again.exitCode).toBe(1);
    expect(again.stderr).toContain("There is a client mine already");
  });

  it("add of a public client prints no secret", async () => {
    const redirectUris = [REDIRECT_URI, "steam://run/440", "com.example.app:/cb"];
    const parameters = ["--name", "Public", "--redirect-uri", ...redirectUris, "--auth-method", "none"];
    const added = JSON.parse(await beside("client", "add", ...parameters, "--json"));
    expect(Object.keys(added)).toEqual(["client_id"]);
    await tokensOf(redeem(there, added.client_id, await authorize(there, added.client_id, asDemo())));
  });

  it("remove takes effect in the running server", async () => {
    const [removed, kept] = [await connectAnother(), await connectAnother()];
    expect(await statusOfMcp(removed.access_token)).toBe(200);
    expect(await beside("client", "remove", removed.clientId)).toContain(`Removed ${removed.clientId}`);
    await soon(() => statusOfMcp(removed.access_token)).toBe(401);
    await soon(async () => (await refresh(there, removed.clientId, removed.refresh_token)).status).toBe(401);
    const refused = await refresh(there, removed.clientId, removed.refresh_token);
    expect(await refused.json()).toMatchObject({ error: "invalid_client" });
    expect(await statusOfMcp(kept.access_token)).toBe(200);
  });
});

describe("gatehouse client disable and enable", () => {
  it("end what a client has in the running server, and let it be approved again", async () => {
    const disabled = await connectAnother();
    const { clientId } = disabled;
    expect(await statusOfMcp(disabled.access_token)).toBe(200);
    expect(await beside("client", "disable", clientId)).toBe(
      `Disabled ${clientId} and revoked its grants.\n`,
    );
    await soon(() => statusOfMcp(disabled.access_token)).toBe(401);
    await soon(async () => (await refresh(there, clientId, disabled.refresh_token)).json()).toMatchObject({
      error: "unauthorized_client",
    });
    expect(await beside("client", "list")).toMatch(new RegExp(`^${clientId} .* disabled$`, "m"));
    expect(await beside("client", "show", clientId)).toMatch(/^ *disabled +since 2/m);
    const shown = JSON.parse(await beside("client", "show", clientId, "--json"));
    expect(shown).toMatchObject({ id: clientId, disabledAt: expect.any(Number) });
    expect(await beside("client", "disable", clientId)).toBe(`${clientId} is already disabled.\n`);

    expect(await beside("client", "enable", clientId)).toBe(
      `Enabled ${clientId}. People must approve it again.\n`,
    );
    expect(await beside("client", "show", clientId)).not.toContain("disabled");
    await soon(async () => {
      const again = await redeem(there, clientId, await authorize(there, clientId, asDemo()));
      return again.status;
    }).toBe(200);
  });

  it("take an address that nobody has met, and no other id that nobody has", async () => {
    const address = "https://app.example/client.json";
    expect(await beside("client", "disable", address)).toContain(`Disabled ${address}`);
    expect(await beside("client", "list")).toContain(`Disabled, but not known here: ${address}`);
    await beside("client", "enable", address);
    for (const parameters of [
      ["client", "disable", "dcr_nobody"],
      ["client", "enable", address],
    ]) {
      const { exitCode, stderr } = await gatehouse(parameters, { cwd: demo.cwd });
      expect([exitCode, stderr]).toEqual([1, expect.stringContaining("See: gatehouse client list")]);
    }
  });
});

describe("gatehouse grant", () => {
  it("list shows who let which client in; revoke ends one within the running server", async () => {
    const [ended, kept] = [await connectAnother(), await connectAnother()];
    const table = await beside("grant", "list", "--client", ended.clientId);
    for (const word of ["Demo Person", "Another client", "mcp", "live"]) expect(table).toContain(word);
    expect(JSON.parse(await beside("grant", "list", "--person", "nobody", "--json"))).toEqual([]);

    expect(await statusOfMcp(ended.access_token)).toBe(200);
    const id = await grantOf(ended.clientId);
    expect(await beside("grant", "revoke", id)).toBe(`Revoked ${id}.\n`);
    await soon(() => statusOfMcp(ended.access_token)).toBe(401);
    const refused = await refresh(there, ended.clientId, ended.refresh_token);
    expect(await refused.json()).toMatchObject({ error: "invalid_grant" });
    expect(await statusOfMcp(kept.access_token)).toBe(200);

    expect(await beside("grant", "revoke", id)).toContain("is already revoked");
    expect(JSON.parse(await beside("grant", "list", "--client", ended.clientId, "--json"))).toEqual([]);
    expect(await beside("grant", "list", "--client", ended.clientId, "--all")).toContain(
      "revoked (operator)",
    );
  });
});

describe("gatehouse key", () => {
  it("rotate publishes a new key in the running server, before it signs", async () => {
    const tokens = await connectAnother();
    const published = async () => {
      const { keys } = (await (await fetch(`${demo.origin}/oauth/jwks`)).json()) as {
        keys: { kid: string }[];
      };
      return keys.map(({ kid }) => kid);
    };
    const [first = ""] = await published();
    const added = /Added (\S+)\. /.exec(await beside("key", "rotate"))?.[1] ?? "";
    await soon(async () => (await published()).sort()).toEqual([first, added].sort());
    expect(await statusOfMcp(tokens.access_token)).toBe(200);
    const next = await tokensOf(refresh(there, tokens.clientId, tokens.refresh_token));
    const [header = ""] = next.access_token.split(".");
    expect(JSON.parse(Buffer.from(header, "base64url").toString())).toMatchObject({ kid: first });

    const table = await beside("key", "list");
    expect(table).toMatch(new RegExp(`${added} .*published, signs soon`));
    expect(table).toMatch(new RegExp(`${first} .*signs`));
    expect(await beside("key", "list", "--json")).not.toMatch(/private|sealed|"d"/i);
  });
});

let others = 0;

/** Connects a client of its own, which no other test shares. */
async function connectAnother() {
  others += 1;
  const response = await fetch(`${demo.origin}/oauth/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      client_name: `Another client ${others}`,
      redirect_uris: [REDIRECT_URI],
      token_endpoint_auth_method: "none",
    }),
  });
  const { client_id: clientId } = (await response.json()) as { client_id: string };
  const tokens = await tokensOf(redeem(there, clientId, await authorize(there, clientId, asDemo())));
  return { clientId, ...tokens };
}
