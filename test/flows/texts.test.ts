import { expect, it } from "vitest";
import { magicLink } from "../../src/authorization-server/sign-in/mail/magic-link.ts";
import { passkeys } from "../../src/authorization-server/sign-in/passkeys/passkeys.ts";
import { totp } from "../../src/authorization-server/sign-in/totp/totp.ts";
import { newLink } from "../../src/authorization-server/sign-in/users/one-time-links.ts";
import { users } from "../../src/authorization-server/sign-in/users/users.ts";
import { OAuthError } from "../../src/core/errors.ts";
import { openAccount, press, signInToAccount, valuesOf } from "../support/account.ts";
import { authorizeUrl, newPkce, register } from "../support/client.ts";
import { codeIn, FROM, linkIn, otherCode, pressLink } from "../support/mail/journey.ts";
import { keepingMails } from "../support/mail/provoke-mail.ts";
import { markedTexts, outside, unmarked } from "../support/marked-texts.ts";
import { type Browser, CONSENT, LOGIN, openBrowser, signIn, stateOf } from "../support/person.ts";
import { redirecting } from "../support/redirecting-method.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { setUpAtAccount, setupIn } from "../support/sign-in/authenticator.ts";
import { addUser, PASSWORD } from "../support/users.ts";

const MAILBOX = "ada@mail.example";
/** What the pages of this test show that is no text of ours: names, addresses, and what the operator and the client said. */
const VALUES = [
  "Test App",
  // In the tile with its initial.
  "T",
  "Test Client",
  "Google",
  "Chrome",
  "ada",
  "grace",
  "id of ada",
  "ada of the test",
  "client.example",
  "Use the tools",
  "See your list",
  "Change your list",
  MAILBOX,
  "new@mail.example",
  "many@mail.example",
  "down@mail.example",
];
/** The names of clients on the status page, and the id of a person. */
const NAMES = /^([\w-]{22}|Claude|Claude Code|ChatGPT|VS Code|Cursor|Codex|Gemini CLI|MCP Inspector)$/;

/** A server in a language of which every text is marked, and the pages and mails that it sent. */
async function startMarked() {
  const pages: { readonly of: string; readonly html: string }[] = [];
  const { mails, send } = keepingMails();
  const signIn = [
    users(),
    magicLink({ send, from: FROM }),
    passkeys(),
    totp({ required: "choice" }),
    redirecting("google", "Google"),
  ];
  const started = await startServer({ texts: markedTexts }, { signIn, admit: "anyone" });
  const server: TestServer = {
    ...started,
    async fetch(request, connection) {
      const response = await started.fetch(request, connection);
      if (response.headers.get("content-type")?.startsWith("text/html")) {
        const { pathname } = new URL(request.url);
        const of = `${request.method} ${pathname} (${response.status})`;
        pages.push({ of, html: await response.clone().text() });
      }
      return response;
    },
  };
  await addUser(server, "ada", undefined, { emails: [MAILBOX] });
  return { server, pages, mails };
}
type Marked = Awaited<ReturnType<typeof startMarked>>;

function leftOver({ pages }: Marked): readonly string[] {
  const words = pages.flatMap(({ of, html }) => unmarked(html).map((text) => [of, text] as const));
  return words
    .filter(([, text]) => !VALUES.includes(text.replace(/^· /, "")) && !NAMES.test(text))
    .map(([of, text]) => `${of}: ${text}`);
}

async function atConsent(server: TestServer, browser: Browser) {
  const { client_id: clientId } = await register(server);
  return signIn(browser, authorizeUrl(clientId, newPkce().challenge), "ada", PASSWORD);
}

it("the pages of an authorization say nothing that is not in the texts, refusals included", async () => {
  const at = await startMarked();
  const { server, pages } = at;
  const browser = openBrowser(server);
  const { client_id: clientId } = await register(server);
  const begun = await browser.request(authorizeUrl(clientId, newPkce().challenge));
  const state = stateOf(begun.headers.get("location"));
  await browser.request(begun.headers.get("location") ?? "");
  await browser.submit(LOGIN, { state, username: "ada", password: "wrong" });
  await browser.submit(LOGIN, { state, username: "ada".repeat(600), password: "wrong" });
  await browser.request(`${LOGIN}?${new URLSearchParams({ state, method: "google", problem: "no_answer" })}`);
  await browser.submit(
    LOGIN,
    { state, username: "a", password: "b" },
    { headers: { "sec-fetch-site": "cross-site" } },
  );
  await browser.request(LOGIN);
  await openBrowser(server).request(`${LOGIN}?${new URLSearchParams({ state })}`);
  const consent = await atConsent(server, browser);
  await browser.request(consent.location);
  await browser.submit(CONSENT, { state: consent.state });
  await browser.request(CONSENT);
  await browser.submit(CONSENT, { state: consent.state, decision: "approve" });
  await browser.submit(CONSENT, { state: consent.state, decision: "approve", scope: "todo:read" });
  await browser.request("/");
  await browser.request("/mcp", { headers: { accept: "text/html" } });
  server.advance(60 * 60);
  await browser.request(consent.location);
  expect(pages.length).toBeGreaterThan(12);
  expect(leftOver(at)).toEqual([]);
});

it("nor do those of mails, one-time links and the mails themselves", async () => {
  const at = await startMarked();
  const { server, pages, mails } = at;
  const browser = openBrowser(server);
  const state = stateOf((await browser.request("/account")).headers.get("location"));
  const ask = (email: string) => browser.submit("/oauth/sign-in/magic_link", { state, email });
  await ask("no address");
  await ask("down@mail.example");
  for (let index = 0; index < 6; index++) await ask("many@mail.example");
  const asked = await ask(MAILBOX);
  await browser.request(asked.headers.get("location") ?? "");
  const mail = new URL(asked.headers.get("location") ?? "").searchParams.get("mail") ?? "";
  const { text = "" } = mails.at(-1) ?? {};
  const enter = (code: string) => browser.submit("/oauth/sign-in/magic_link/code", { state, mail, code });
  await enter("12");
  await enter(otherCode(codeIn(text)));
  await browser.request(linkIn(text));
  await openBrowser(server).request(linkIn(text));
  await pressLink(browser, linkIn(text));
  await pressLink(browser, linkIn(text));
  await enter(codeIn(text));
  const again = stateOf((await browser.request("/account")).headers.get("location"));
  await browser.request(`/oauth/forgotten-password?${new URLSearchParams({ state: again })}`);
  const forgotten = (email: string) => browser.submit("/oauth/forgotten-password", { state: again, email });
  await forgotten("none");
  await forgotten("many@mail.example");
  const sent = await forgotten(MAILBOX);
  if (sent.status === 303) await browser.request(sent.headers.get("location") ?? "");
  for (const [personId, purpose] of [
    [null, "invitation"],
    ["id of ada", "password"],
  ] as const) {
    const made = newLink({ purpose, personId }, server.settings.issuer, server.now());
    const fields = { ...(personId && { person: personId }), purpose, operator: "root", address: "-" };
    await server.store.addLink(made.link, { event: "person.invited", at: server.now(), fields });
    await browser.request(made.url);
    const token = new URL(made.url).searchParams.get("token") ?? "";
    const choose = (password: string, again = password, username = "grace") =>
      browser.submit("/oauth/invitation", { token, username, password, again });
    await choose("short");
    await choose("x".repeat(2000));
    await choose("password1");
    await choose(PASSWORD, "another one");
    if (personId === null) {
      for (const name of ["", "ada", "a".repeat(70), "a\u0000"]) await choose(PASSWORD, PASSWORD, name);
    }
    await choose(PASSWORD);
    await choose(PASSWORD);
  }
  expect(pages.length).toBeGreaterThan(30);
  expect(leftOver(at)).toEqual([]);
  const inMails = mails.flatMap(({ subject, text }) => [subject, ...text.split("\n\n")]).map(outside);
  expect(inMails.filter((said) => /\p{L}/u.test(said) && !said.startsWith("https://"))).toEqual([]);
});

it("nor does what a login page of the operator's own is told", async () => {
  const told: string[] = [];
  const server = await startServer({
    texts: markedTexts,
    async loginHandler(request, completeUserCheck) {
      const form = new URLSearchParams(await request.text());
      try {
        await completeUserCheck(form.get("state") ?? "", form.get("username") ?? "", "wrong");
      } catch (error) {
        if (error instanceof OAuthError) told.push(error.message);
      }
      return new Response();
    },
  });
  const browser = openBrowser(server);
  const { client_id: clientId } = await register(server);
  const begun = await browser.request(authorizeUrl(clientId, newPkce().challenge));
  const state = stateOf(begun.headers.get("location"));
  await browser.submit(LOGIN, { state, username: "ada" });
  await browser.submit(LOGIN, { state, username: "ada".repeat(600) });
  expect(told.map(outside).join("")).not.toMatch(/\p{L}/u);
  expect(told).toHaveLength(2);
});

/** What each button answers that is pressed with nothing or something wrong. */
const WRONG: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ["no_such_action", {}],
  ["end_session", { session: "none" }],
  ["unlink", { identity: "none" }],
  ["link", { method: "none" }],
  ["confirm_link", {}],
  ["users.change_password", { current_password: "x", new_password: "a", repeated_password: "b" }],
  ["users.change_password", { current_password: "x", new_password: "a", repeated_password: "a" }],
  ["users.change_password", { current_password: PASSWORD, new_password: "a", repeated_password: "a" }],
  ["magic_link.change_address", { new_address: "none" }],
  ["magic_link.change_address", { new_address: MAILBOX }],
  ["magic_link.confirm_address", { mail: "none" }],
  ["magic_link.cancel", {}],
  ["passkeys.add", {}],
  ["passkeys.add", { passkey: "{}" }],
  ["passkeys.remove", { credential: "none" }],
  ["totp.confirm", { setup: "none", code: "1" }],
  ["totp.new_codes", {}],
  ["totp.turn_off", {}],
];

it("nor do those of the account, whichever button is pressed wrongly", async () => {
  const at = await startMarked();
  const { server, pages, mails } = at;
  const browser = openBrowser(server);
  const page = await signInToAccount(browser, "ada", PASSWORD);
  for (const [action, fields] of WRONG) {
    const answer = await press(browser, page, action as never, fields);
    const next = answer.headers.get("location");
    if (next !== null) await browser.request(next);
  }
  await press(browser, { token: "old" }, "sign_out_elsewhere");
  const change = await press(browser, page, "magic_link.change_address", { new_address: "new@mail.example" });
  const html = await change.text();
  const [id = ""] = valuesOf({ html, token: "" }, "mail");
  const confirm = (codes: Readonly<Record<string, string>>) =>
    press(browser, page, "magic_link.confirm_address", { mail: id, ...codes });
  await confirm({});
  await confirm({ old_code: "000000", new_code: "000000" });
  const begun = setupIn(await (await press(browser, page, "totp.set_up")).text());
  await press(browser, page, "totp.confirm", { setup: begun.setup, code: "000000" });
  const { app } = await setUpAtAccount(server, browser, page);
  await press(browser, page, "sign_out");
  await signInWithCode(server, browser, () => app.code());
  server.advance(10 * 60);
  await openAccount(browser);
  expect(pages.length).toBeGreaterThan(25);
  expect(leftOver(at)).toEqual([]);
  const inMails = mails.flatMap(({ subject, text }) => [subject, ...text.split("\n\n")]).map(outside);
  expect(inMails.filter((said) => /\p{L}/u.test(said) && !said.startsWith("https://"))).toEqual([]);
});

/** A sign-in that asks for a code, first with wrong ones. */
async function signInWithCode(server: TestServer, browser: Browser, code: () => string): Promise<void> {
  server.advance(60);
  const state = stateOf((await browser.request("/account")).headers.get("location"));
  const toCode = await browser.submit(LOGIN, { state, username: "ada", password: PASSWORD });
  const location = toCode.headers.get("location") ?? "";
  await browser.request(location);
  const pending = stateOf(location);
  const type = (fields: Readonly<Record<string, string>>) =>
    browser.submit("/oauth/totp", { state: pending, ...fields });
  for (const fields of [{ code: "" }, { code: "000000" }, { recovery_code: "none" }]) await type(fields);
  const signedIn = await type({ code: code() });
  await browser.request(signedIn.headers.get("location") ?? "");
}
