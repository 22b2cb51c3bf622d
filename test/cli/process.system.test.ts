import { beforeAll, expect, it } from "vitest";
import { type Demo, gatehouseProcess, startDemo } from "../support/processes/command.ts";

// The other tests run commands in one process that goes on. Each of them has to end by itself, and to say the same.

let demo: Demo;
beforeAll(async () => {
  demo = await startDemo();
});

const REDIRECT = ["--redirect-uri", "http://127.0.0.1/callback"];

it.each([
  [["client", "add", "--id", "taken", "--name", "Mine", ...REDIRECT, "--auth-method", "none"], 0],
  [["client", "add", "--id", "taken", "--name", "Mine", ...REDIRECT, "--auth-method", "none"], 1],
  [["client", "list"], 0],
  [["client", "show", "taken", "--json"], 0],
  [["client", "disable", "https://app.example/client.json"], 0],
  [["client", "enable", "https://app.example/client.json"], 0],
  [["client", "remove", "nobody"], 1],
  [["grant", "list", "--json"], 0],
  [["grant", "revoke", "nothing"], 1],
  [["key", "list"], 0],
  [["key", "rotate"], 0],
  [["audit", "search", "--event", "sign_in.ok"], 0],
  [["audit", "export"], 0],
  [["audit", "tail", "-n", "1", "--until", "1d"], 0],
  [["database", "migrate"], 0],
  [["database", "check", "-d", "missing.db"], 1],
  [["database", "backup", "--to", "nowhere/backup.db"], 1],
  [["database", "copy", "--from", "missing.db", "--to", "new.db"], 1],
  [["secret", "rotate", "--compromised"], 1],
  [["check"], 0],
  [["provider", "okta"], 0],
  [["provider", "nobodys"], 1],
  [["nonsense"], 1],
  [["--help"], 0],
])("gatehouse %j ends by itself with %i", async (parameters, exitCode) => {
  const options = { cwd: demo.cwd, env: { GATEHOUSE_CLIENT_ID_METADATA_DOCUMENTS: "false" } };
  const outcome = await gatehouseProcess(parameters, options);
  expect(outcome).toMatchObject({ exitCode, signal: null });
  const text = outcome.stdout + outcome.stderr;
  expect(text).not.toBe("");
});
