import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { usersOf } from "../../examples/users-file.ts";
import { CHECKOUT } from "../support/checkout.ts";
import { authorize, callTool, redeem, register, type Tokens, tokensOf } from "../support/client.ts";
import { openBrowser, signIn } from "../support/person.ts";
import { type Program, runProgram, startProgram } from "../support/processes/program.ts";

let folder: string;
const programs: Program[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gatehouse-examples-"));
});
afterEach(async () => {
  await Promise.all(programs.splice(0).map((program) => program.stop()));
  rmSync(folder, { recursive: true });
});

type Start = Omit<Parameters<typeof startProgram>[1], "cwd">;

async function start(example: string, options: Start = {}): Promise<Program> {
  const program = await startProgram(`examples/${example}.ts`, { cwd: folder, ...options });
  programs.push(program);
  return program;
}

/** A client registers, a person signs in and approves, and the client gets its tokens. */
async function connect(
  program: Program,
  path: string,
  scopes: readonly string[],
  who: { readonly username?: string; readonly password?: string } = {},
): Promise<Tokens> {
  const { client_id: clientId } = await register(program);
  const params = { resource: `${program.origin}${path}` };
  return tokensOf(redeem(program, clientId, await authorize(program, clientId, { ...who, scopes, params })));
}

/** `callTool` speaks to /mcp; an example may have another path. */
function at(program: Program, path: string): Pick<Program, "fetch"> {
  return {
    async fetch(request) {
      const body = await request.text();
      const { method, headers } = request;
      return program.fetch(new Request(`https://mcp.example${path}`, { method, headers, body }));
    },
  };
}

describe("simple-server", () => {
  it("is the call that the README shows, and a check, unless a provider is named", () => {
    const [call = ""] = blocksOf(readFileSync(join(CHECKOUT, "README.md"), "utf8"));
    const inline = /\(username, password\) =>\n {2}(.+), \/\/ .+\n\)/;
    const [, check] = inline.exec(call) ?? [];
    const example = call
      .replace('from "zod";', 'from "zod";\nimport { signInBy } from "./sign-in.ts";')
      .replace(inline, "signInBy(checkMyUsers))");
    const named = `function checkMyUsers(username: string, password: string): string | null {\n  return ${check};\n}\n`;
    expect(readFileSync(join(CHECKOUT, "examples/simple-server.ts"), "utf8")).toBe(`${example}\n${named}`);
  });

  it("lets a person sign in, and a client call echo", async () => {
    const program = await start("simple-server");
    const { access_token: token } = await connect(program, "/mcp", ["mcp"]);
    const answer = await callTool(program, token, "echo", { message: "hello" });
    expect(await answer.text()).toContain("Echo: hello");
  });
});

describe("github-issues", () => {
  it("answers with the link by which the person connects GitHub", async () => {
    const environment = {
      GITHUB_CLIENT_ID: "Ov23liAbCdEfGhIjKlMn",
      GITHUB_CLIENT_SECRET: "a secret of GitHub's",
    };
    const program = await start("github-issues", { environment });
    const { access_token: token } = await connect(program, "/mcp", ["mcp"]);
    const answer = await (await callTool(program, token, "my_issues")).text();
    const [link = ""] = /http:\/\/localhost:\d+\/account\/connect\/github\?ticket=[\w.-]+/.exec(answer) ?? [];
    const page = await fetch(link, { redirect: "manual" });
    expect(page.headers.get("location")).toContain("/oauth/login?");
    expect(program.output()).toContain(`${program.origin}/oauth/callback/github/connect`);
  });
});

describe("custom-server", () => {
  const PATH = "/notebook";

  it.each(["template", "handler"])(
    "lets a person sign in by the %s, and gives the tools the person",
    async (LOGIN) => {
      const program = await start("custom-server", { environment: { LOGIN } });
      const { access_token: token } = await connect(program, PATH, ["notes:read", "notes:write"]);
      const added = await callTool(at(program, PATH), token, "add_note", { text: "buy milk" });
      expect(await added.text()).toContain("Noted by Test Client for Ada Lovelace.");
      expect(await (await callTool(at(program, PATH), token, "list_notes")).text()).toContain("buy milk");
    },
  );

  it("asks for the scope that a tool needs", async () => {
    const program = await start("custom-server");
    const { access_token: token } = await connect(program, PATH, ["notes:read"]);
    const refused = await callTool(at(program, PATH), token, "add_note", { text: "buy milk" });
    expect(refused.status).toBe(403);
    expect(refused.headers.get("www-authenticate")).toContain('scope="notes:read notes:write"');
  });

  it.each(["template", "handler"])("says so on the page when the password is wrong (%s)", async (LOGIN) => {
    const program = await start("custom-server", { environment: { LOGIN } });
    await expect(connect(program, PATH, ["notes:read"], { password: "no" })).rejects.toThrow(
      /sign-in answered 403: .*Incorrect username or password/s,
    );
  });

  it("shows what people type as text", async () => {
    for (const LOGIN of ["template", "handler"]) {
      const program = await start("custom-server", { environment: { LOGIN } });
      const { client_id: clientId } = await register(program);
      const url = new URL("/oauth/authorize", program.origin);
      url.search = `client_id=${clientId}&redirect_uri=https://client.example/callback&response_type=code&code_challenge=${"a".repeat(43)}&code_challenge_method=S256`;
      const page = await signIn(openBrowser(program), url.href, '"><b>ada', "no").catch(String);
      expect(page).toMatch(/&(lt|#60);b&(gt|#62);ada/);
      expect(page).not.toContain("<b>ada");
    }
  });
});

describe("file-credentials-server", () => {
  it("lets in who is in users.txt, with the colon in the password", async () => {
    const program = await start("file-credentials-server");
    const who = { username: "grace", password: "hopper:1906" };
    const { access_token: token } = await connect(program, "/mcp", ["mcp"], who);
    expect(await (await callTool(program, token)).text()).toContain("grace");
  });

  it("ends with one sentence and exit code 1 where the file is missing", async () => {
    const args = [join(folder, "nobody.txt")];
    const { exitCode, output } = await runProgram("examples/file-credentials-server.ts", {
      cwd: folder,
      args,
    });
    expect(exitCode).toBe(1);
    expect(output).toBe(`${args[0]} does not exist. Make it, with one name:password a line.\n`);
  });
});

describe.each([
  "simple-server",
  "custom-server",
  "file-credentials-server",
  "custom-auth",
  "todo-server",
  "web-search-server",
])("%s, where the environment names a provider", (example) => {
  /** As Scalekit's own examples have it. */
  const SCALEKIT = [
    "SCALEKIT_ENVIRONMENT_URL=https://acme.scalekit.com",
    "SCALEKIT_CLIENT_ID=skc_1",
    "SCALEKIT_CLIENT_SECRET=test_1",
    "SCALEKIT_AUDIENCE_NAME=my-audience",
    "TAVILY_API_KEY=tvly-dev-4Kq9ZtXw7",
  ];
  const withEnvFile = (lines: readonly string[]) => {
    const home = mkdtempSync(join(folder, "provider-"));
    writeFileSync(join(home, ".env"), lines.join("\n"));
    return home;
  };

  it("leaves the sign-in to it", async () => {
    const program = await startProgram(`examples/${example}.ts`, { cwd: withEnvFile(SCALEKIT) });
    try {
      const path = example === "custom-server" ? "/notebook" : "/mcp";
      const documents = await fetch(`${program.origin}/.well-known/oauth-protected-resource${path}`);
      expect(await documents.json()).toMatchObject({ authorization_servers: ["https://acme.scalekit.com"] });
      expect((await fetch(`${program.origin}/oauth/login`)).status).toBe(404);
      const register = await fetch(`${program.origin}/oauth/register`, { method: "POST", body: "{}" });
      expect(register.status).toBe(404);
    } finally {
      await program.stop();
    }
  });

  it.each(["SCALEKIT_CLIENT_ID=skc_1", "OAUTH_WELL_KNOWN_URL=https://idp.example/metadata"])(
    "does not start where that is not enough: %s",
    async (line) => {
      const cwd = withEnvFile([line, "TAVILY_API_KEY=tvly-dev-4Kq9ZtXw7"]);
      const { exitCode, output } = await runProgram(`examples/${example}.ts`, { cwd });
      expect(exitCode).toBe(1);
      expect(output).toMatch(/(SCALEKIT_ENVIRONMENT_URL|OAUTH_ISSUER) and \S+ .*(are|is) missing/);
    },
  );
});

describe("the file of people", () => {
  function usersIn(content: string | Uint8Array): ReturnType<typeof usersOf> {
    const file = join(folder, "users.txt");
    writeFileSync(file, content);
    return usersOf(file);
  }

  it("takes the pair that stands there, and no other", () => {
    const check = usersIn("ada:lovelace\ngrace:hopper\n");
    expect(check("ada", "lovelace")).toBe("ada");
    for (const [name, password] of [
      ["ada", "hopper"],
      ["ada", ""],
      ["ada", "lovelace "],
      ["Ada", "lovelace"],
      ["alan", "lovelace"],
      ["", ""],
      ["__proto__", "lovelace"],
      ["constructor", ""],
    ] as const) {
      expect(check(name, password)).toBeNull();
    }
  });

  it("skips comments and blank lines", () => {
    const check = usersIn("# people\n\n   \n  # indented: comment\nada:lovelace\n\n");
    expect(check("ada", "lovelace")).toBe("ada");
    expect(check("# indented", " comment")).toBeNull();
    expect(check("# people", "")).toBeNull();
  });

  it("ends the name at the first colon, and keeps the rest as it is", () => {
    const check = usersIn("ada:a:b::c\n grace : hopper # not a comment \n");
    expect(check("ada", "a:b::c")).toBe("ada");
    expect(check("grace", " hopper # not a comment ")).toBe("grace");
  });

  it("reads files that Windows wrote: CRLF, a byte order mark", () => {
    const check = usersIn("\uFEFFada:lovelace\r\ngrace:hopper\r\n");
    expect(check("ada", "lovelace")).toBe("ada");
    expect(check("grace", "hopper")).toBe("grace");
  });

  it("counts a line that is added at the next sign-in, and nobody while it is wrong", () => {
    const check = usersIn("ada:lovelace\n");
    expect(check("grace", "hopper")).toBeNull();
    appendFileSync(join(folder, "users.txt"), "grace:hopper\n");
    expect(check("grace", "hopper")).toBe("grace");
    appendFileSync(join(folder, "users.txt"), "alan");
    expect(() => check("ada", "lovelace")).toThrow("line 3 has no colon");
    appendFileSync(join(folder, "users.txt"), ":turing");
    expect(check("alan", "turing")).toBe("alan");
  });

  it("takes letters with accents in either form of Unicode", () => {
    const check = usersIn("zoe\u0308:cafe\u0301\n");
    expect(check("zo\u00EB", "caf\u00E9")).toBe("zo\u00EB");
  });

  it.each([
    ["ada:lovelace\nhunter2\n", "line 2 has no colon. Write name:password."],
    ["# people\n:hunter2\n", "line 2 has no name before the colon."],
    ["\r\nada:\r\n", "line 2 has no password after the colon."],
    ["ada:lovelace\ngrace:hopper\nada:hunter2\n", "line 3 has the same name as line 1. Remove one of them."],
    ["# nobody yet\n", "has no one in it. Add a line name:password."],
  ])("refuses %j by the line's number, without the password", (content, sentence) => {
    const refusal = messageOf(() => usersIn(content));
    expect(refusal).toContain(sentence);
    expect(refusal).not.toContain("hunter2");
  });

  it("refuses what is no text file", () => {
    expect(messageOf(() => usersIn(new Uint8Array([0xff, 0xfe, 0x61, 0x00])))).toContain("is not UTF-8 text");
    expect(messageOf(() => usersOf(folder))).toBe(`${folder} is a folder, not a file.`);
  });
});

function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("nothing was refused");
}

function blocksOf(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code ?? "");
}
