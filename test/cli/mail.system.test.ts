import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { freePort } from "../support/listening.ts";
import { codeIn, linkIn } from "../support/mail/journey.ts";
import { startMailServer } from "../support/mail/mail-server.ts";
import { openBrowser, stateOf } from "../support/person.ts";
import { gatehouse, startDemo, temporaryFolder } from "../support/processes/command.ts";
import { startDirectory } from "../support/users.ts";

const FROM = "My app <no-reply@mcp.example>";
const SECRET = "a-secret-of-the-test-that-is-long-enough";

async function arrange(answers: Parameters<typeof startMailServer>[0] = {}) {
  const [mail, cwd] = [await startMailServer(answers), await temporaryFolder()];
  const database = join(cwd, "gatehouse.db");
  const env = {
    GATEHOUSE_DATABASE: database,
    GATEHOUSE_SECRET: SECRET,
    GATEHOUSE_PUBLIC_URL: "https://mcp.example",
    SIGN_IN_MAGIC_LINK_SMTP: mail.smtp,
    SIGN_IN_MAGIC_LINK_FROM: FROM,
  };
  const run = (parameters: readonly string[], more: Readonly<Record<string, string>> = {}) =>
    gatehouse(["person", ...parameters], { cwd, env: { ...env, ...more } });
  return { mail, database, run };
}

describe("gatehouse person invite --mail", () => {
  it("sends the link, prints none, and says whose the address is", async () => {
    const { mail, database, run } = await arrange();
    const invited = await run(["invite", "ada", "--mail", "Ada@Example.com", "--group", "admins"]);
    expect(invited.exitCode).toBe(0);
    expect(invited.stderr).toContain("Your server needs users(), or users in SIGN_IN");
    expect(invited.stdout).toMatch(/^Sent the invitation to ada@example\.com\. .* within 72 hours\.\n$/);
    expect(invited.stdout + invited.stderr).not.toContain("token=");
    const [received] = mail.mails;
    expect(received).toMatchObject({ to: ["ada@example.com"], from: "no-reply@mcp.example" });
    expect(received?.headers.get("subject")).toBe("Your invitation to mcp.example");
    expect(received?.text).toContain("Your username is ada.");
    const server = await startDirectory({ database, secret: SECRET });
    const page = await openBrowser(server).request(linkIn(received?.text ?? ""));
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('value="ada"')]);
    const [ada] = await server.store.listPeople({ now: server.now(), limit: 5 });
    expect(ada).toMatchObject({ emails: ["ada@example.com"], groups: ["admins"] });
  });

  it("also sends one with which a person chooses the username", async () => {
    const { mail, run } = await arrange();
    const invited = await run(["invite", "--mail", "grace@example.com", "--hours", "1"]);
    expect(invited.stdout).toContain("Sent the invitation to grace@example.com.");
    expect(mail.mails[0]?.text).toContain("It works once, within an hour.");
    expect(linkIn(mail.mails[0]?.text ?? "")).toContain("/oauth/invitation?token=");
  });

  it("calls the server by the name that it is given", async () => {
    const { mail, run } = await arrange();
    await run(["invite", "ada", "--mail", "ada@example.com", "--app-name", "Acme Tools"]);
    expect(mail.mails[0]?.headers.get("subject")).toBe("Your invitation to Acme Tools");
  });

  it("says what is left where the mail server refuses the address, and lists who is invited", async () => {
    const { run } = await arrange({ rcpt: () => ({ code: 550, text: "no such user" }) });
    const refused = await run(["invite", "ada", "--mail", "ada@example.com"]);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("Check the address. ada was added with this address.");
    expect(refused.stderr).toContain("To undo it: gatehouse person remove ada");
    expect(refused.stderr).not.toContain("un the command again");
    expect((await run(["list"])).stdout).toMatch(/ada@example\.com .* invited$/m);
  });

  it.each<[string, readonly string[], Readonly<Record<string, string>>, RegExp]>([
    [
      "two addresses",
      ["invite", "ada", "--mail", "a@example.com,b@example.com"],
      {},
      /--mail is "a@example\.com,b@example\.com"; it must be one email address/,
    ],
    [
      "no mail server",
      ["invite", "ada", "--mail", "ada@example.com"],
      { SIGN_IN_MAGIC_LINK_SMTP: "", SIGN_IN_MAGIC_LINK_FROM: "" },
      /--mail needs a mail server: set SIGN_IN_MAGIC_LINK_SMTP/,
    ],
    [
      "no sender",
      ["invite", "ada", "--mail", "ada@example.com"],
      { SIGN_IN_MAGIC_LINK_FROM: "" },
      /SIGN_IN_MAGIC_LINK_FROM is missing; it must be the sender/,
    ],
    [
      "a wrong URL",
      ["invite", "ada", "--mail", "ada@example.com"],
      { SIGN_IN_MAGIC_LINK_SMTP: "http://a:secret@b" },
      /SIGN_IN_MAGIC_LINK_SMTP is "http:\/\/…@b"; it must be "smtp:/,
    ],
  ])("with %s changes nothing, and says what would be right", async (_what, parameters, env, sentence) => {
    const { mail, run } = await arrange();
    const refused = await run(parameters, env);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(sentence);
    expect((await run(["list"])).stdout).not.toContain("ada");
    expect(mail.mails).toEqual([]);
  });

  it("adds no one where the mail server can't be reached", async () => {
    const { run } = await arrange();
    const port = await freePort();
    const down = await run(["invite", "ada", "--mail", "ada@example.com"], {
      SIGN_IN_MAGIC_LINK_SMTP: `smtp://127.0.0.1:${port}`,
    });
    expect(down.exitCode).toBe(1);
    expect(down.stderr).toMatch(
      /The mail server 127\.0\.0\.1:\d+ can't be reached \(.*\)\. Nothing was changed\./,
    );
    expect((await run(["list"])).stdout).not.toContain("ada");
  });
});

/** Fetches as a person's browser does, over the network. */
const overNetwork = { fetch: (request: Request) => fetch(request) };

async function askAt(origin: string) {
  const browser = openBrowser(overNetwork, origin);
  const state = stateOf((await browser.request("/account")).headers.get("location"));
  return {
    browser,
    answer: await browser.submit("/oauth/sign-in/magic_link", { state, email: "ada@example.com" }),
  };
}

describe("gatehouse demo with SIGN_IN=magic_link", () => {
  it("sends the mail, and no line of its log has what is in it", async () => {
    const mail = await startMailServer();
    const env = {
      SIGN_IN: "magic_link",
      SIGN_IN_ADMIT: "anyone",
      SIGN_IN_MAGIC_LINK_SMTP: mail.smtp,
      SIGN_IN_MAGIC_LINK_FROM: FROM,
      LOG_LEVEL: "debug",
      GATEHOUSE_LOG_LEVEL: "debug",
    };
    const demo = await startDemo([], { env });
    const { browser, answer } = await askAt(demo.origin);
    expect(answer.status).toBe(303);
    const text = mail.mails[0]?.text ?? "";
    const link = linkIn(text);
    expect((await browser.request(link)).status).toBe(200);
    expect((await openBrowser(overNetwork, demo.origin).request(link)).status).toBe(200);
    const token = new URL(link).searchParams.get("token") ?? "";
    const landed = await browser.submit("/oauth/sign-in/magic_link/link", { token });
    expect(new URL(landed.headers.get("location") ?? "").pathname).toBe("/account");
    expect((await browser.submit("/oauth/sign-in/magic_link/link", { token })).status).toBe(410);
    const { stdout, stderr } = await demo.stop();
    expect(stdout).toContain('"mail.sent"');
    for (const secret of [token, codeIn(text), "ada@example.com"])
      expect(stdout + stderr).not.toContain(secret);
  });

  it("without a mail server and a terminal says so, and sends people to try again", async () => {
    const demo = await startDemo([], { env: { SIGN_IN: "magic_link", SIGN_IN_ADMIT: "anyone" } });
    expect((await askAt(demo.origin)).answer.status).toBe(503);
    const { stdout, stderr } = await demo.stop();
    expect(stdout).toContain("there is no terminal to print mails on");
    expect(stdout + stderr).not.toMatch(/token=|ada@example/);
  });

  it("without a mail server does not start at another address than this computer's", async () => {
    const { exitCode, stderr } = await gatehouse(
      ["demo", "--public-url", "https://mcp.example", "--port", "0"],
      {
        env: { SIGN_IN: "magic_link", SIGN_IN_ADMIT: "anyone" },
      },
    );
    expect(exitCode).toBe(1);
    expect(stderr).toContain("magicLink() has neither smtp nor send, so it can't send mail.");
  });

  it.each([
    ["SIGN_IN_MAGIC_LINK_SMPT", "Did you mean SIGN_IN_MAGIC_LINK_SMTP?"],
    ["SIGN_IN_MAGICLINK_SMTP", "Did you mean SIGN_IN_MAGIC_LINK_SMTP?"],
  ])("names the right variable for %s", async (variable, hint) => {
    const { exitCode, stderr } = await gatehouse(["demo", "--port", "0"], {
      env: { SIGN_IN: "magic_link", SIGN_IN_ADMIT: "anyone", [variable]: "smtp://localhost" },
    });
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining(hint)]);
  });
});
