import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { gatehouse, startDemo, temporaryFolder } from "../support/processes/command.ts";

const FOR_ITSELF = ["client", "add", "--name", "Reports", "--grant", "client_credentials"];

type Added = { readonly client_id: string; readonly client_secret?: string };

describe.concurrent("gatehouse client add --grant client_credentials", () => {
  it("prints a secret once, with which the program gets a token for its scopes from a running server", async () => {
    const demo = await startDemo();
    const added = await gatehouse([...FOR_ITSELF, "--scope", "mcp", "--json"], { cwd: demo.cwd });
    expect(added.stderr).toBe("");
    const { client_id, client_secret = "" } = JSON.parse(added.stdout) as Added;

    const shown = await gatehouse(["client", "show", client_id], { cwd: demo.cwd });
    expect(shown.stdout).toMatch(/grant types\s+client_credentials\n/);
    expect(shown.stdout).not.toContain(client_secret);

    const askForToken = () =>
      fetch(`${demo.origin}/oauth/token`, {
        method: "POST",
        headers: { authorization: `Basic ${btoa(`${client_id}:${client_secret}`)}` },
        body: new URLSearchParams({ grant_type: "client_credentials" }),
      });
    const tokens = (await (await askForToken()).json()) as { access_token: string };
    const call = () =>
      fetch(demo.url, { method: "POST", headers: { authorization: `Bearer ${tokens.access_token}` } });
    expect((await call()).status).not.toBe(401);

    const lastUsed = async () => {
      const { stdout } = await gatehouse(["grant", "list"], { cwd: demo.cwd });
      // GRANT  PERSON  CLIENT  SCOPES  APPROVED  LAST USED  STATE
      return /Reports +Reports +mcp +\S+ \S+ +(.+?) +live/.exec(stdout)?.[1];
    };
    await vi.waitFor(async () => expect(await lastUsed()).toMatch(/^\d{4}-\d\d-\d\d /), { timeout: 10_000 });
    await gatehouse(["client", "remove", client_id], { cwd: demo.cwd });
    await vi.waitFor(async () => expect((await call()).status).toBe(401), { timeout: 10_000 });
    expect((await askForToken()).status).toBe(401);
  });

  it("takes a public key in PEM or as a set, and makes no secret then", async () => {
    const cwd = await temporaryFolder();
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    writeFileSync(join(cwd, "key.pem"), publicKey.export({ format: "pem", type: "spki" }));
    writeFileSync(
      join(cwd, "keys.json"),
      JSON.stringify({ keys: [{ ...publicKey.export({ format: "jwk" }), kid: "1" }] }),
    );
    for (const file of ["key.pem", "keys.json"]) {
      const added = await gatehouse([...FOR_ITSELF, "--public-key", file, "--json"], { cwd });
      expect(added.stderr).toBe("");
      const { client_id, client_secret } = JSON.parse(added.stdout) as Added;
      expect(client_secret).toBeUndefined();
      const shown = await gatehouse(["client", "show", client_id, "--json"], { cwd });
      expect(JSON.parse(shown.stdout)).toMatchObject({
        authenticationMethod: "private_key_jwt",
        jwks: { keys: [{ kty: "EC", crv: "P-256" }] },
      });
    }
  });

  it.each([
    [["--auth-method", "none"], "needs a secret or public keys"],
    [["authorization_code"], "--redirect-uri is missing"],
    [["--public-key", "missing.pem"], "missing.pem cannot be read (ENOENT)"],
    [["--public-key", "private.pem"], "holds a private key"],
    [["--public-key", "text"], "neither a public key in PEM nor a JSON Web Key Set"],
  ])("%j fails with a sentence", async (more, sentence) => {
    const cwd = await temporaryFolder();
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    writeFileSync(join(cwd, "private.pem"), privateKey.export({ format: "pem", type: "pkcs8" }));
    writeFileSync(join(cwd, "text"), "not a key");
    const { exitCode, stdout, stderr } = await gatehouse([...FOR_ITSELF, ...more], { cwd });
    expect(exitCode).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toContain(sentence);
  });

  it("without the grant type, a redirect URI is needed as before", async () => {
    const { exitCode, stderr } = await gatehouse(["client", "add", "--name", "x"]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("--redirect-uri is missing");
  });
});
