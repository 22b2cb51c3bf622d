import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CHECKOUT } from "../support/checkout.ts";
import { gatehouse } from "../support/processes/command.ts";

const { version } = JSON.parse(readFileSync(join(CHECKOUT, "package.json"), "utf8")) as { version: string };

describe.concurrent("gatehouse", () => {
  it.each(["--help", "-h", "help"])("%s says what there is", async (flag) => {
    const { exitCode, stdout, stderr } = await gatehouse([flag]);
    expect(exitCode).toBe(0);
    expect(stderr).toBe("");
    for (const word of [
      "demo",
      "client",
      "grant",
      "key",
      "secret",
      "database",
      "check",
      "provider",
      "GATEHOUSE_",
      ".env",
    ])
      expect(stdout).toContain(word);
  });

  it.each(["--version", "-V"])("%s says the version and nothing else", async (flag) => {
    expect(await gatehouse([flag])).toEqual({
      exitCode: 0,
      signal: null,
      stdout: `${version}\n`,
      stderr: "",
    });
  });

  it.each([
    [["demo"], ["--port", "--database", "--public-url", "--tls-cert", "GATEHOUSE_PUBLIC_URL"]],
    [["client"], ["add", "list", "show", "remove"]],
    [
      ["client", "add"],
      ["--name", "--redirect-uri", "--auth-method", "GATEHOUSE_DATABASE"],
    ],
    [["grant"], ["list", "revoke"]],
    [["key"], ["list", "rotate"]],
    [["secret"], ["rotate"]],
    [
      ["secret", "rotate"],
      ["--compromised", "--yes", "GATEHOUSE_DATABASE", "docs/secret.md"],
    ],
    [["database"], ["check", "backup", "copy", "migrate"]],
    [
      ["database", "copy"],
      ["--from", "--to", "--while-running", "docs/deploy/moving.md"],
    ],
    [["check"], ["--public-url", "--database", "--json", "HTTPS_PROXY", "docs/behind-a-proxy.md"]],
    [["provider"], ["--resource", "domain=acme.okta.com"]],
  ])("%j --help says what it takes", async (command, words) => {
    const { exitCode, stdout } = await gatehouse([...command, "--help"]);
    expect(exitCode).toBe(0);
    for (const word of words) expect(stdout).toContain(word);
  });

  it.each([
    [
      ["help", "demo"],
      ["demo", "--help"],
    ],
    [
      ["help", "grant"],
      ["grant", "--help"],
    ],
    [
      ["help", "grant", "list"],
      ["grant", "list", "--help"],
    ],
    [
      ["help", "database", "copy"],
      ["database", "copy", "--help"],
    ],
    [
      ["grant", "help", "list"],
      ["grant", "list", "--help"],
    ],
  ])("%j is %j", async (command, flag) => {
    const help = await gatehouse(command);
    expect(help).toMatchObject({ exitCode: 0, stderr: "" });
    expect(help).toEqual(await gatehouse(flag));
  });

  it.each([
    [["--database", "x.db", "grant", "list"], "gatehouse <command> --database"],
    [["--database=postgres://ada:pass-word@db/x", "grant", "list"], "gatehouse <command> --database"],
    [["-dpass-word", "grant", "list"], "gatehouse <command> -d"],
    [["grant", "--database", "x.db", "list"], "gatehouse grant <command> --database"],
  ])("%j says that options come after the command", async (parameters, where) => {
    const { exitCode, stdout, stderr } = await gatehouse(parameters);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toContain(`(options come after the command: ${where})`);
    expect(stderr).not.toContain("pass-word");
  });

  it.each([
    [["grant", "list", "--databse", "x.db"], "(Did you mean --database?)"],
    [["-v"], "(Did you mean -V, --version?)"],
    [["grant", "-v", "list"], "(Did you mean -V, --version?)"],
    [["--nonsense", "grant", "list"], "unknown option '--nonsense'"],
    [["-xpass-word", "grant", "list"], "unknown option '-x'"],
  ])("%j does not: it comes after it, or no command has the option", async (parameters, sentence) => {
    const { exitCode, stderr } = await gatehouse(parameters);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(sentence);
    expect(stderr).not.toContain("come after");
    expect(stderr).not.toContain("pass-word");
  });

  it.each([
    [["grant", "lst"], "Did you mean list?"],
    [["help", "grant", "lst"], "Did you mean list?"],
    [["help", "demmo"], "Did you mean demo?"],
    [["version"], "Did you mean --version?"],
    [["verison"], "Did you mean --version?"],
    [["backup", "--to", "x.db"], "Did you mean database backup?"],
    [["help", "copy"], "Did you mean database copy?"],
    [["rotate"], "Did you mean one of key rotate, secret rotate?"],
    [["grant", "revoke"], "see: gatehouse grant list"],
    [["client", "show"], "see: gatehouse client list"],
    [["person", "disable"], "see: gatehouse person list"],
    [["grant", "list", "extra"], "no argument may follow gatehouse grant list"],
    [["person", "add", "ada", "pass-word"], "no argument may follow <username>"],
  ])("%j says what was probably meant", async (parameters, hint) => {
    const { exitCode, stderr } = await gatehouse(parameters);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`\n(${hint})\n`);
    expect(stderr.match(/Did you mean/g) ?? []).toHaveLength(hint.startsWith("Did") ? 1 : 0);
    expect(stderr).not.toContain("pass-word");
  });

  it("without a command says what there is, and fails", async () => {
    const { exitCode, stdout, stderr } = await gatehouse([]);
    expect(exitCode).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toContain("Usage: gatehouse");
  });

  it.each([
    [["demmo"], "unknown command 'demmo'"],
    [["help", "demmo"], "unknown command 'demmo'"],
    [["help", "grant", "lst"], "unknown command 'lst'"],
    [["help", "demo", "extra"], "unknown command 'extra'"],
    [["demo", "--prot", "1"], "unknown option '--prot'"],
    [["demo", "--port"], "argument missing"],
    [["demo", "extra"], "too many arguments"],
    [["client", "add"], "required option '--name <name>' not specified"],
    [["client", "show"], "missing required argument 'client_id'"],
    [["database", "backup"], "required option '--to <file>' not specified"],
    [
      ["client", "add", "--name", "x", "--redirect-uri", "https://x.example/", "--auth-method", "magic"],
      "magic",
    ],
  ])("%j fails with a sentence that points to --help", async (parameters, sentence) => {
    const { exitCode, stdout, stderr } = await gatehouse(parameters);
    expect(exitCode).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toContain(sentence);
    expect(stderr).toContain("--help");
    expect(stderr).not.toContain("    at ");
  });
});
