import { identityId } from "../../src/authorization-server/account/identity-id.ts";
import { magicLink } from "../../src/authorization-server/sign-in/mail/magic-link.ts";
import type { SignInMethod } from "../../src/authorization-server/sign-in/method.ts";
import { passkeys } from "../../src/authorization-server/sign-in/passkeys/passkeys.ts";
import { password } from "../../src/authorization-server/sign-in/password/password.ts";
import { users } from "../../src/authorization-server/sign-in/users/users.ts";
import type { Mail } from "../../src/config/sign-in/mail-options.ts";
import type { AccountActionName, PartName } from "../../src/pages/account-values.ts";
import {
  type AccountPage,
  askedIn,
  beginLink,
  confirmLink,
  finishSignIn,
  press,
  signInToAccount,
  valuesOf,
} from "./account.ts";
import { SECRET } from "./forge.ts";
import { codeIn } from "./mail/journey.ts";
import { createAuthenticator, optionsIn } from "./passkeys.ts";
import { type Browser, openBrowser } from "./person.ts";
import { comeBack, redirecting } from "./redirecting-method.ts";
import { startServer, type TestServer } from "./server.ts";
import { addUser, PASSWORD } from "./users.ts";

/** Checks no hash, which takes its time: for all that is not about the password. */
const quick = () =>
  password((name, typed) =>
    typed === PASSWORD ? { id: `id of ${name}`, name: `${name} of the test` } : null,
  );
const providers = () => [
  redirecting("google", "Google"),
  redirecting("github", "GitHub"),
  redirecting("okta", "Okta"),
];
const GOOGLE = { method: "oidc", issuer: "https://google.example", subject: "ada" };

/** Every method with a part of the account page. */
const ownMethods = (mails: Mail[]) => [
  users(),
  passkeys(),
  magicLink({ send: (mail) => void mails.push(mail), from: "no-reply@mcp.example" }),
];

/** The same method, which notes the actions of its part when it is opened. */
function tapped(method: SignInMethod, actions: PartName[]): SignInMethod {
  return {
    ...method,
    async open(parts) {
      const open = await method.open(parts);
      for (const action of Object.keys(open.account?.actions ?? {})) actions.push(`${method.name}.${action}`);
      return open;
    },
  };
}

/** A server with Ada, who has two sessions and two ways in, and Grace. */
export async function arrange({
  publicUrl = "https://mcp.example",
  own = "quick" as "quick" | "directory",
} = {}) {
  const partActions: PartName[] = [];
  const mails: Mail[] = [];
  const methods = own === "quick" ? [quick()] : ownMethods(mails);
  const signIn = [...methods, ...providers()].map((method) => tapped(method, partActions));
  const admit = own === "quick" ? undefined : "anyone";
  const server = await startServer({ publicUrl, secret: SECRET }, { signIn, admit });
  if (own === "directory") {
    for (const name of ["ada", "grace"]) {
      await addUser(server, name, undefined, { emails: [`${name}@mcp.example`] });
    }
  }
  const open = () => openBrowser(server, publicUrl);
  const [browser, phone, grace] = [open(), open(), open()];
  const theirs = await signInToAccount(grace, "grace", PASSWORD);
  const there = await signInToAccount(phone, "ada", PASSWORD);
  const first = await signInToAccount(browser, "ada", PASSWORD);
  const state = await beginLink(browser, first, "google");
  const page = await confirmLink(browser, await comeBack(browser, "google", state, { subject: "ada" }));
  return { server, open, browser, phone, grace, page, there, theirs, publicUrl, partActions, mails };
}
export type Arranged = Awaited<ReturnType<typeof arrange>>;

/** All that an action could change. */
export async function everything({ store, now }: TestServer): Promise<string> {
  const people = ["id of ada", "id of grace"];
  const audit = await store.readAudit({ order: "newest_first", limit: 500 });
  return JSON.stringify([
    await Promise.all(
      people.flatMap((id) => [
        store.findPerson(id),
        store.listIdentities(id),
        store.findCredential(id, "password"),
        store.listCredentials(id),
      ]),
    ),
    // Not when they were last used: looking at the page does that.
    (await Promise.all(people.map((id) => store.listSessions(id, now())))).map((sessions) =>
      sessions.map(({ hash }) => hash).sort(),
    ),
    audit.filter(({ event }) => !event.startsWith("sign_in.")),
  ]);
}

/** What the page's button says of the other session. */
const otherSession = ({ page }: Pick<Arranged, "page">): string => {
  const [session] = valuesOf(page, "session");
  if (session === undefined) throw new Error("the page lists no other session");
  return session;
};

export const NEXT = "a goose in the orchard";

type Form = {
  readonly fields: (arranged: Arranged) => Promise<Readonly<Record<string, string>>>;
  /** Whether it needs a sign-in of the last five minutes. */
  readonly changes: boolean;
  /** Whether sending it writes nothing yet: it leads to where something is proved first. */
  readonly onlyLeads?: boolean;
  /** What it answers where it does what it says, if not 303. */
  readonly status?: number;
};

/** What each form of the page sends beside its token. */
const OWN_ACTIONS: Readonly<Record<AccountActionName, Form>> = {
  sign_out: { fields: async () => ({}), changes: false },
  sign_in_again: { fields: async () => ({}), changes: false, onlyLeads: true },
  end_session: { fields: async (at) => ({ session: otherSession(at) }), changes: true },
  sign_out_elsewhere: { fields: async () => ({}), changes: true },
  sign_out_everywhere: { fields: async () => ({}), changes: true },
  link: { fields: async () => ({ method: "github" }), changes: true, onlyLeads: true },
  confirm_link: { fields: async () => ({}), changes: true },
  unlink: { fields: async () => ({ identity: identityId(GOOGLE) }), changes: true },
};

/** The same for the forms of what methods add. A test finds each action of each part that is not here. */
export const PART_ACTIONS = {
  "users.change_password": {
    fields: async () => ({ current_password: PASSWORD, new_password: NEXT, repeated_password: NEXT }),
    changes: true,
  },
  "passkeys.add": {
    fields: async ({ page }) => ({ passkey: createAuthenticator().create(optionsIn(page.html)) }),
    changes: true,
  },
  "passkeys.remove": {
    async fields({ browser, page }) {
      const { id, create } = createAuthenticator();
      await press(browser, page, "passkeys.add", { passkey: create(optionsIn(page.html)) });
      return { credential: id };
    },
    changes: true,
  },
  "magic_link.change_address": {
    fields: async () => ({ new_address: "ada@new.example" }),
    changes: true,
    status: 200,
  },
  "magic_link.confirm_address": {
    async fields({ browser, page, mails }) {
      const fields = { new_address: "ada@new.example" };
      const answer = await press(browser, page, "magic_link.change_address", fields);
      const [mail = ""] = valuesOf({ html: await answer.text(), token: "" }, "mail");
      const [old_code = "", new_code = ""] = mails.slice(-2).map(({ text }) => codeIn(text));
      return { mail, old_code, new_code };
    },
    changes: true,
  },
} satisfies Readonly<Record<PartName, Form>>;

type ActionName = AccountActionName | keyof typeof PART_ACTIONS;
export const ACTIONS: Readonly<Record<ActionName, Form>> = { ...OWN_ACTIONS, ...PART_ACTIONS };
export const NAMES = Object.keys(ACTIONS) as readonly ActionName[];

/** A server for an action: with the directory only where it is about what that keeps, since checking hashes takes its time. */
export async function arrangeFor(action: ActionName): Promise<Arranged> {
  return openForms(action, await arrange({ own: action.includes(".") ? "directory" : "quick" }));
}

export type Attack = (
  send: (form: {
    readonly token?: string | undefined;
    readonly headers?: Readonly<Record<string, string | undefined>>;
    readonly browser?: Browser;
    readonly cookie?: string;
    readonly body?: string;
  }) => Promise<Response>,
  arranged: Arranged,
  action: ActionName,
) => Promise<Response>;

/** The page with the token that an action's form carries: to link, that of a question about GitHub. The others carry the page's own. */
export async function formOf(action: ActionName, browser: Browser, page: AccountPage): Promise<AccountPage> {
  if (action !== "confirm_link") return page;
  const state = await beginLink(browser, page, "github");
  const { token } = await askedIn(browser, await comeBack(browser, "github", state, { subject: "ada" }));
  return { ...page, token };
}

/** The same for every session there is. */
export async function openForms(action: ActionName, arranged: Arranged): Promise<Arranged> {
  const { browser, phone, grace, page, there, theirs } = arranged;
  return {
    ...arranged,
    page: await formOf(action, browser, page),
    there: await formOf(action, phone, there),
    theirs: await formOf(action, grace, theirs),
  };
}

/** Sends the form of an action as the page would, but for what is said. */
export async function forge(
  action: ActionName,
  arranged: Arranged,
  attack: Attack,
): Promise<{ readonly answer: Response; readonly isSame: boolean }> {
  const { server, browser: own, page, publicUrl } = arranged;
  const fields = await ACTIONS[action].fields(arranged);
  const before = await everything(server);
  const answer = await attack(
    async (form) => {
      const { headers = {}, browser = own, cookie = browser.cookie() } = form;
      const token = "token" in form ? form.token : page.token;
      const all = { "sec-fetch-site": "same-origin", origin: "null", ...headers };
      const sent = Object.entries(all).filter(([, value]) => value !== undefined) as [string, string][];
      return server.fetch(
        new Request(new URL("/account", publicUrl), {
          method: "POST",
          headers: {
            "content-type": "application/x-www-form-urlencoded",
            cookie,
            ...Object.fromEntries(sent),
          },
          body:
            form.body ??
            new URLSearchParams({ ...fields, action, ...(token !== undefined && { page_token: token }) }),
          redirect: "manual",
        }),
      );
    },
    arranged,
    action,
  );
  return { answer, isSame: before === (await everything(server)) };
}

/** A new sign-in of Ada, for a change. */
export async function signInAgain(browser: Browser, page: Pick<AccountPage, "token">): Promise<AccountPage> {
  return finishSignIn(browser, await press(browser, page, "sign_in_again"), "ada", PASSWORD);
}

/** A browser into which a cookie was planted. */
export function withCookie(
  { server, publicUrl }: Pick<Arranged, "server" | "publicUrl">,
  planted: string,
): Browser {
  return openBrowser(
    {
      fetch(request) {
        const own = request.headers.get("cookie") ?? "";
        const names = new Set(own.split("; ").map((pair) => pair.split("=")[0]));
        const kept = planted.split("; ").filter((pair) => !names.has(pair.split("=")[0]));
        request.headers.set("cookie", [...kept, ...(own ? [own] : [])].join("; "));
        return server.fetch(request);
      },
    },
    publicUrl,
  );
}
