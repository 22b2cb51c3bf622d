import { describe, expect, it } from "vitest";
import { allowInsecureSmtp, magicLink, users } from "../../src/authorization-server/sign-in/index.ts";
import { type MagicLinkOptions, magicLinkSignIn } from "../../src/config/sign-in/mail-options.ts";
import { textOf } from "../support/account.ts";
import { freePort } from "../support/listening.ts";
import { askForMail, beginMailSignIn, FROM, outcomeOf, startMailSignIn } from "../support/mail/journey.ts";
import { startMailServer } from "../support/mail/mail-server.ts";
import { openBrowser, stateOf } from "../support/person.ts";
import { startServer } from "../support/server.ts";

const start = (options: MagicLinkOptions, publicUrl = "https://mcp.example") =>
  startServer({ publicUrl }, { signIn: [magicLink(options)], admit: "anyone" });

describe("a mail server that does not take a mail", () => {
  it("is a page with a way to try again, and leaves nothing of the mail behind", async () => {
    const rig = await startMailSignIn();
    const { server, mail } = rig;
    await mail.stop();
    const at = await beginMailSignIn(server);
    const down = await at.ask("ada@example.com");
    expect([down.status, down.headers.get("retry-after")]).toEqual([503, "60"]);
    const page = await down.text();
    expect(textOf(page)).toContain("The email could not be sent");
    // The form of its button asks for the same again.
    expect(page).toContain('<input type="hidden" name="email" value="ada@example.com">');
    expect(textOf(page)).not.toMatch(/token=|ECONN|127\.0\.0\.1|\b\d{6}\b/);
    const failed = server.lines.filter(({ name }) => name === "mail.failed");
    expect(failed).toMatchObject([
      { fields: { purpose: "sign_in", reason: expect.stringMatching(/^server_down: E/) } },
    ]);
  });

  it("costs the person no mail of their quarter of an hour", async () => {
    const rig = await startMailSignIn({
      answers: { data: () => (isDown ? { code: 421, text: "shutting down" } : undefined) },
    });
    let isDown = true;
    const at = await beginMailSignIn(rig.server, { address: "198.51.100.7" });
    for (let tries = 0; tries < 8; tries++) expect((await at.ask("ada@example.com")).status).toBe(503);
    isDown = false;
    expect((await at.ask("ada@example.com")).status).toBe(303);
  });

  it("counts a mail that it may have taken: its answer came too late, and the mailbox would be flooded", async () => {
    const { server, mail } = await startMailSignIn({ directory: true, answers: { hangsUp: () => true } });
    const at = await beginMailSignIn(server, { address: "198.51.100.7" });
    const reset = () =>
      at.browser.submit("/oauth/forgotten-password", { state: at.state, email: "ada@example.com" });
    const statuses: number[] = [];
    for (let tries = 0; tries < 4; tries++) {
      statuses.push((await at.ask("ada@example.com")).status, (await reset()).status);
    }
    expect(statuses).toEqual([503, 503, 503, 503, 503, 429, 429, 429]);
    expect(mail.mails).toHaveLength(5);
    const [failed] = server.lines.filter(({ name }) => name === "mail.failed");
    expect(failed?.fields.reason).toMatch(/^unknown: E/);
  });

  it.each([
    ["RCPT TO", { rcpt: () => ({ code: 550, text: "5.1.1 <ada@example.com> unknown" }) }],
    ["RCPT TO, for now", { rcpt: () => ({ code: 450, text: "greylisted" }) }],
    ["DATA", { data: (raw: string) => ({ code: 554, text: `spam: ${raw.slice(-200)}` }) }],
  ])(
    "but refuses the address at %s, looks like any other: it would say who has a mailbox",
    async (_at, answers) => {
      const { server } = await startMailSignIn({ answers });
      const at = await beginMailSignIn(server);
      expect(outcomeOf(await at.ask("ada@example.com"))).toBe("/oauth/sign-in/magic_link/code");
      const [failed] = server.lines.filter(({ name }) => name === "mail.failed");
      expect(failed?.fields.reason).toMatch(/^address_refused: E(ENVELOPE|MESSAGE) \d{3} (RCPT TO|DATA)$/);
      expect(JSON.stringify(server.lines)).not.toMatch(/ada@|token=|spam|unknown/);
    },
  );
});

describe("the mail server's settings, at the start", () => {
  const login = { user: "mcp", password: "p@ss/word" };

  it("may have a username and a password, encoded in the URL", async () => {
    const mail = await startMailServer({ login });
    const smtp = `smtp://mcp:p%40ss%2Fword@127.0.0.1:${mail.port}`;
    const server = await start({ smtp, from: FROM });
    const at = await askForMail({ server, mail });
    expect(outcomeOf(await at.enter(at.code))).toBe("/oauth/consent");
  });

  it("stop it where the login is wrong, without repeating the password", async () => {
    const mail = await startMailServer({ login });
    const { port } = mail;
    const wrong = start({
      smtp: { host: "127.0.0.1", port, user: "mcp", password: "not-this-one" },
      from: FROM,
    });
    await expect(wrong).rejects.toThrow(
      `The mail server 127.0.0.1:${port} refused the username or password (or this way to sign in). Check smtp.`,
    );
    await expect(wrong).rejects.not.toThrow(/not-this-one/);
  });

  it("do not stop it where the mail server is down: it may be up when someone signs in", async () => {
    const server = await start({ smtp: `smtp://127.0.0.1:${await freePort()}`, from: FROM });
    expect(server.lines).toMatchObject([
      {
        name: "the mail server can't be reached now, so no one can sign in by email",
        fields: { host: "127.0.0.1" },
      },
    ]);
  });

  it.each<[unknown, string | RegExp]>([
    [
      { smtp: "mail.example.com", from: FROM },
      /^magic_link: smtp is "mail\.example\.com"; it must be "smtp:\/\//,
    ],
    [{ smtp: "https://mail.example.com", from: FROM }, /^magic_link: smtp is "https:/],
    [{ smtp: "smtp://a:b%zz@mail.example.com", from: FROM }, /^magic_link: smtp is "smtp:\/\/…@mail/],
    [{ smtp: "smtp://mail.example.com/?tls=no", from: FROM }, /^magic_link: smtp is /],
    [
      { smtp: "user:s3cr3t@mail.example.com", from: FROM },
      /^magic_link: smtp is "…@mail\.example\.com"; it must be "smtp:\/\//,
    ],
    [{ smtp: "smtp:user:s3cr3t@h", from: FROM }, /^magic_link: smtp is "smtp:…@h"; it must be/],
    [{ smtp: "smtp:/user:s3cr3t@h:x", from: FROM }, /^magic_link: smtp is "smtp:\/…@h:x"; it must be/],
    [{ smtp: "smtp:/user:s3cr3t@pa/s@h:x", from: FROM }, /^magic_link: smtp is "smtp:\/…@h:x"; it must be/],
    [{ smtp: "token@h", from: FROM }, /^magic_link: smtp is "…@h"; it must be/],
    [
      { smtp: { host: "smtp://u:s3cr3t@h" }, from: FROM },
      /^magic_link: smtp\.host is "smtp:\/\/…@h"; it must be a host name or an address, such as /,
    ],
    [{ smtp: { host: "mail.example.com:587" }, from: FROM }, /^magic_link: smtp\.host is .*a host name/],
    [{ smtp: { host: "h/x" }, from: FROM }, /^magic_link: smtp\.host is .*a host name/],
    [{ smtp: { host: "ho st\n" }, from: FROM }, /^magic_link: smtp\.host is .*a host name/],
    [{ smtp: { host: 5 }, from: FROM }, /^magic_link: smtp\.host is 5; it must be a host name/],
    [
      { smtp: { host: "x", port: 0 }, from: FROM },
      "magic_link: smtp.port is 0; it must be a port from 1 to 65535.",
    ],
    [{ smtp: "smtp://mail.example.com:0", from: FROM }, /^magic_link: smtp is .*a port from 1 to 65535\.$/],
    [
      { smtp: { host: "x", pasword: "a" }, from: FROM },
      "magic_link: smtp.pasword is not an option. Did you mean password?",
    ],
    [
      { smtp: { host: "x", user: "a", password: 123456 }, from: FROM },
      "magic_link: smtp.password is not usable; it must be a password.",
    ],
    [
      { smtp: { host: "x", user: "a" }, from: FROM },
      /^magic_link: smtp\.password is missing; it must be given/,
    ],
    [
      { smtp: "smtp://localhost" },
      "magic_link: from is missing; it must be the sender's address, such as no-reply@example.com.",
    ],
    [{ from: FROM }, /^magic_link: smtp is missing; it must be given with from/],
    [
      { smtp: "smtp://localhost", send() {}, from: FROM },
      /^magic_link: send is .* it must be left out where smtp is given/,
    ],
    [{ smtp: "smtp://localhost", from: "My app" }, /^magic_link: from is "My app"; it must be an address/],
    [{ smtp: "smtp://localhost", from: "a@example.com, b@example.com" }, /^magic_link: from is /],
    [
      { smtp: "smtp://localhost", from: "App\r\nBcc: eve@example.com <a@example.com>" },
      /^magic_link: from is /,
    ],
    [{ send: "yes", from: FROM }, /^magic_link: send is "yes"; it must be a function/],
    [{ server: "smtp://localhost" }, /^magic_link: server is not an option\. /],
  ])("%j stop it with a sentence", (options, sentence) => {
    expect(() => magicLink(options as MagicLinkOptions)).toThrow(sentence);
  });

  it("stop it where mail could not be sent at all", async () => {
    await expect(start({})).rejects.toThrow(
      /^magicLink\(\) has neither smtp nor send, so it can't send mail\. /,
    );
  });

  it("need someone to be let in, as with every public method", async () => {
    await expect(
      startServer({}, { signIn: [users(), magicLink({ send() {}, from: FROM })] }),
    ).rejects.toThrow(/admit/);
  });
});

describe("a mail server on a network", () => {
  // The tests reach none: what comes of the options is what decides.
  const tlsOf = (options: object) => {
    const { by } = magicLinkSignIn.parse({ from: FROM, ...options });
    return typeof by === "object" ? [by.tls, by.port] : by;
  };

  it.each<[object, readonly [string, number]]>([
    [{ smtp: "smtp://mail.example.com" }, ["required", 587]],
    [{ smtp: "smtp://mail.example.com:25" }, ["required", 25]],
    [{ smtp: "smtps://mail.example.com" }, ["implicit", 465]],
    [{ smtp: { host: "mail.example.com", port: 465 } }, ["implicit", 465]],
    [{ smtp: { host: "mail.example.com" }, [allowInsecureSmtp]: true }, ["if_offered", 587]],
    [{ smtp: "smtp://localhost:1025" }, ["none", 1025]],
    [{ smtp: "smtp://[::1]:1025" }, ["none", 1025]],
    [{ smtp: "smtp://127.0.0.1.example.com" }, ["required", 587]],
  ])("gets %j in plain text only where the operator allows it", (options, tls) => {
    expect(tlsOf(options)).toEqual(tls);
  });
});

describe("the operator's own function", () => {
  it("gets the mail, and sends it", async () => {
    const sent: unknown[] = [];
    const server = await start({ send: (mail) => void sent.push(mail), from: FROM });
    const at = await beginMailSignIn(server);
    expect((await at.ask("ada@example.com")).status).toBe(303);
    expect(sent).toEqual([
      {
        to: "ada@example.com",
        from: FROM,
        subject: "Sign in to Test App",
        text: expect.stringContaining("token="),
      },
    ]);
  });

  it("that throws is a page with a way to try again, and nothing of its error is kept: it may hold the mail", async () => {
    const server = await start({
      from: FROM,
      send(mail) {
        throw new TypeError(`could not post ${JSON.stringify(mail)}`);
      },
    });
    const at = await beginMailSignIn(server);
    expect((await at.ask("ada@example.com")).status).toBe(503);
    const [failed] = server.lines.filter(({ name }) => name === "mail.failed");
    expect(failed?.fields.reason).toBe("unknown: the function send threw TypeError");
    expect(JSON.stringify(server.lines)).not.toMatch(/token=|ada@/);
  });
});

describe("without smtp and send, on localhost", () => {
  const publicUrl = "http://localhost:4321";

  it("the mail is on the terminal, and not in the log", async () => {
    const server = await start({}, publicUrl);
    const printed: string[] = [];
    await server.started?.((text) => printed.push(text));
    const browser = openBrowser(server, publicUrl);
    const state = stateOf((await browser.request("/account")).headers.get("location"));
    const answer = await browser.submit("/oauth/sign-in/magic_link", { state, email: "ada@example.com" });
    const page = await (await browser.request(answer.headers.get("location") ?? "")).text();
    expect(textOf(page)).toContain("it printed the one for ada@example.com on the terminal");
    expect(printed).toEqual([
      expect.stringMatching(
        /^\nMail to ada@example\.com: Sign in to Test App\n\n {2}To sign in .*\n\n {2}http:\/\/localhost:4321\/oauth\/sign-in\/magic_link\/link\?token=/,
      ),
    ]);
    expect(JSON.stringify(server.lines)).not.toContain("token=");
  });

  it("and where there is no terminal, nowhere", async () => {
    const server = await start({}, publicUrl);
    await server.started?.(undefined);
    const browser = openBrowser(server, publicUrl);
    const state = stateOf((await browser.request("/account")).headers.get("location"));
    const answer = await browser.submit("/oauth/sign-in/magic_link", { state, email: "ada@example.com" });
    expect(answer.status).toBe(503);
    expect(JSON.stringify(server.lines)).not.toContain("token=");
  });
});
