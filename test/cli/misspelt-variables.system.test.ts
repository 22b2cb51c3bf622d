import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  type Environment,
  gatehouse,
  gatehouseProcess,
  temporaryFolder,
} from "../support/processes/command.ts";

describe("gatehouse demo does not open itself to anyone", () => {
  it.each([
    [{ OAUTH_ISUER: "https://id.example.com" }, "OAUTH_ISSUER"],
    [{ OAUTH_ISSUR: "https://id.example.com" }, "OAUTH_ISSUER"],
    [{ OAUTH_AUDIENC: "https://mcp.example.com/mcp" }, "OAUTH_AUDIENCE"],
    [{ SCALKIT_ENVIRONMENT_URL: "https://acme.scalekit.com" }, "SCALEKIT_ENVIRONMENT_URL"],
    [{ GATEHOUSE_OAUTH_ISSUER: "https://id.example.com" }, "OAUTH_ISSUER"],
    [{ GATEHOUSE_ADMIT_EMAILS: "ada@example.com" }, "SIGN_IN_ADMIT_EMAILS"],
    [{ GATEHOUSE_SIGN_IN_DENY_EMAILS: "eve@example.com" }, "SIGN_IN_DENY_EMAILS"],
    [{ GATEHOUSE_DATABASE_URL: "postgres://db.example.com/gatehouse" }, "GATEHOUSE_DATABASE"],
    [{ GATEHOUSE_ISSUR: "https://mcp.example.com" }, "GATEHOUSE_PUBLIC_URL"],
    [{ GATEHOSE_SECRET: "a-secret-that-is-long-enough-and-stable" }, "GATEHOUSE_SECRET"],
  ])("where %j was meant to say otherwise", async (env, meant) => {
    expect(await gatehouseProcess(["demo", "--port", "0"], { env })).toEqual(refusal(env, meant));
  });
});

describe("every command that reads the environment refuses the same misspelt names", () => {
  it.each([
    ["demo"],
    ["check"],
    ["client", "add", "--name", "x", "--redirect-uri", "https://x.example/cb"],
    ["client", "list"],
    ["person", "list"],
    ["person", "invite", "ada"],
    ["grant", "list"],
    ["grant", "revoke", "a-grant"],
    ["key", "list"],
    ["key", "rotate"],
    ["audit", "tail"],
    ["secret", "rotate", "--yes"],
    ["database", "check"],
    ["database", "backup", "--to", "backup.db"],
    ["database", "migrate"],
    ["provider", "google", "--sign-in"],
  ])("gatehouse %s %s", async (...command) => {
    const cwd = await temporaryFolder();
    for (const [name, meant] of [
      ["OAUTH_ISUER", "OAUTH_ISSUER"],
      ["SIGNIN_DENY_EMAILS", "SIGN_IN_DENY_EMAILS"],
      ["GATEHOUSE_SECERT", "GATEHOUSE_SECRET"],
    ] as const) {
      await writeFile(join(cwd, ".env"), `${name}=a-value\n`);
      expect(await gatehouse(command, { cwd })).toEqual(refusal({ [name]: "a-value" }, meant));
    }
  });

  it("and none minds those of other programs", async () => {
    const env = { OAUTH_CLIENT_ID: "x", OAUTH_JWKS_URL: "x", AUTH_ISSUER: "x", GATEHOUSE_IMAGE: "x" };
    const { exitCode, stderr } = await gatehouse(["check"], {
      env: { ...env, GATEHOUSE_CLIENT_ID_METADATA_DOCUMENTS: "false" },
    });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  });
});

function refusal(env: Environment, meant: string) {
  const [name] = Object.keys(env);
  return {
    exitCode: 1,
    signal: null,
    stdout: "",
    stderr: `gatehouse: ${name} is not a variable of Gatehouse. Did you mean ${meant}? Correct it, or remove it.\n`,
  };
}
