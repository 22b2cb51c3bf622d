import { magicLink } from "../../../src/authorization-server/sign-in/index.ts";
import { users } from "../../../src/authorization-server/sign-in/users/users.ts";
import type { AdmitOption } from "../../../src/config/admit.ts";
import type { OAuthServerOptions } from "../../../src/config/options-schema.ts";
import { authorizeUrl, newPkce, register } from "../client.ts";
import { type Browser, openBrowser, stateOf } from "../person.ts";
import { startServer, type TestServer } from "../server.ts";
import { type Answers, type MailServer, type Received, startMailServer } from "./mail-server.ts";

export const FROM = "My app <no-reply@mcp.example>";

export type MailRig = { readonly server: TestServer; readonly mail: MailServer };

/** A server on which people sign in by mail, and where they get it. */
export async function startMailSignIn({
  options = {},
  admit = "anyone",
  answers = {},
  directory = false,
}: {
  readonly options?: OAuthServerOptions;
  readonly admit?: AdmitOption;
  readonly answers?: Answers;
  /** Whether there are usernames and passwords too. */
  readonly directory?: boolean;
} = {}): Promise<MailRig> {
  const mail = await startMailServer(answers);
  const signIn = [...(directory ? [users()] : []), magicLink({ smtp: mail.smtp, from: FROM })];
  return { server: await startServer(options, { signIn, admit }), mail };
}

/** A browser that has come to the sign-in page. */
export type AtSignIn = {
  readonly browser: Browser;
  readonly state: string;
  readonly clientId: string;
  /** Asks for a mail: what the page answers. */
  ask(email: string): Promise<Response>;
};

export async function beginMailSignIn(
  server: Pick<TestServer, "fetch">,
  {
    address,
    browser: given,
    params = {},
  }: {
    readonly address?: string;
    readonly browser?: Browser;
    readonly params?: Readonly<Record<string, string | undefined>>;
  } = {},
): Promise<AtSignIn> {
  const from = { fetch: (request: Request) => (server as TestServer).fetch(request, { address }) };
  const browser = given ?? openBrowser(from);
  const { client_id: clientId } = await register(server);
  const page = await browser.request(authorizeUrl(clientId, newPkce().challenge, params));
  const state = stateOf(page.headers.get("location"));
  return {
    browser,
    state,
    clientId,
    ask: (email) => browser.submit("/oauth/sign-in/magic_link", { state, email }),
  };
}

/** The same, up to the page that takes the code. */
export type AtCode = AtSignIn & {
  readonly mail: Received;
  /** The id of the mail, in the page's form. */
  readonly id: string;
  readonly code: string;
  readonly link: string;
  enter(code: string, state?: string): Promise<Response>;
};

export async function askForMail(
  { server, mail }: { readonly server: Pick<TestServer, "fetch">; readonly mail: Pick<MailServer, "mails"> },
  email = "ada@example.com",
  begun: Parameters<typeof beginMailSignIn>[1] = {},
): Promise<AtCode> {
  const at = await beginMailSignIn(server, begun);
  const answer = await at.ask(email);
  const location = answer.headers.get("location");
  if (location === null) throw new Error(`asking answered ${answer.status}: ${await answer.text()}`);
  const id = new URL(location).searchParams.get("mail") ?? "";
  const received = mail.mails.at(-1);
  if (!received) throw new Error("no mail came");
  return {
    ...at,
    mail: received,
    id,
    code: codeIn(received.text),
    link: linkIn(received.text),
    enter: (code, state = at.state) =>
      at.browser.submit("/oauth/sign-in/magic_link/code", { state, mail: id, code }),
  };
}

export function linkIn(text: string): string {
  return /https?:\/\/\S+/.exec(text)?.[0] ?? "";
}

export function codeIn(text: string): string {
  const [, first = "", second = ""] = /^(\d{3}) (\d{3})$/m.exec(text) ?? [];
  return first + second;
}

/** Six digits that are not these. */
export function otherCode(code: string, by = 1): string {
  return String((Number(code) + by) % 1_000_000).padStart(6, "0");
}

/** Presses the button behind a link. */
export function pressLink(browser: Browser, link: string): Promise<Response> {
  const token = new URL(link).searchParams.get("token") ?? "";
  return browser.submit("/oauth/sign-in/magic_link/link", { token });
}

/** Where an answer leads: the path of its redirect, or its status. */
export function outcomeOf(response: Response): string {
  const location = response.headers.get("location");
  return location === null ? String(response.status) : new URL(location, "https://mcp.example").pathname;
}
