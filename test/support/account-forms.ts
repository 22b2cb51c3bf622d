import { identityId } from "../../src/authorization-server/account/identity-id.ts";
import type { AccountUpstreamAction } from "../../src/authorization-server/upstreams/connect/account-answers.ts";
import type { AccountActionName, PartName } from "../../src/pages/account/values.ts";
import { type AccountPage, askedIn, beginLink, follow, press, valuesOf } from "./account.ts";
import { type Arranged, arrange, everything, mailboxOf, setUpApp } from "./account-arranged.ts";
import { codeIn } from "./mail/journey.ts";
import { createAuthenticator, optionsIn } from "./passkeys.ts";
import { type Browser, openBrowser } from "./person.ts";
import { comeBack } from "./redirecting-method.ts";
import { authenticator, setupIn } from "./sign-in/authenticator.ts";
import { KEY } from "./upstreams.ts";
import { PASSWORD } from "./users.ts";

const GOOGLE = { method: "oidc", issuer: "https://google.example", subject: "ada" };

/** What the page's button says of the other session. */
const otherSession = ({ page }: Pick<Arranged, "page">): string => {
  const [session] = valuesOf(page, "session");
  if (session === undefined) throw new Error("the page lists no other session");
  return session;
};

export const NEXT = "a goose in the orchard";

/** Where Ada wants her mail from now on. */
const NEW_MAILBOX = "ada@new.example";

type Form = {
  readonly fields: (arranged: Arranged) => Promise<Readonly<Record<string, string>>>;
  /** The page with the form, and the form's token, where it is on the account page only after a click. */
  readonly begin?: (browser: Browser, page: AccountPage) => Promise<AccountPage>;
  /** Whether it needs a sign-in of the last five minutes. */
  readonly changes: boolean;
  /** Whether sending it writes nothing yet: it leads to where something is proved first. */
  readonly onlyLeads?: boolean;
  /** What it answers where it does what it says, if not 303. */
  readonly status?: number;
  /** Whether it is there only for a person with an authenticator app. */
  readonly needsApp?: boolean;
  /** Whether it needs the directory, whose hashes take their time. */
  readonly needsDirectory?: boolean;
  /** Whether what it writes is written only while its session lasts. */
  readonly holdsSession?: boolean;
};

/** What each form of the page sends beside its token. */
const OWN_ACTIONS: Readonly<Record<AccountActionName, Form>> = {
  sign_out: { fields: async () => ({}), changes: false },
  sign_in_again: { fields: async () => ({}), changes: false, onlyLeads: true },
  end_session: { fields: async (at) => ({ session: otherSession(at) }), changes: true },
  sign_out_elsewhere: { fields: async () => ({}), changes: true },
  sign_out_everywhere: { fields: async () => ({}), changes: true },
  link: { fields: async () => ({ method: "github" }), changes: true, onlyLeads: true },
  confirm_link: { fields: async () => ({}), begin: beginGithub, changes: true },
  unlink: { fields: async () => ({ identity: identityId(GOOGLE) }), changes: true },
};

/** The same for the forms of what methods add. A test finds each action of each part that is not here. */
export const PART_ACTIONS = {
  "users.change_password": {
    fields: async () => ({ current_password: PASSWORD, new_password: NEXT, repeated_password: NEXT }),
    changes: true,
    needsDirectory: true,
    holdsSession: true,
  },
  "passkeys.add": {
    fields: async ({ page }) => ({ passkey: createAuthenticator().create(optionsIn(page.html)) }),
    changes: true,
    holdsSession: true,
  },
  "passkeys.remove": {
    async begin(browser, page) {
      const asked = optionsIn(page.html);
      const passkey = createAuthenticator().create(asked, { origin: `https://${asked.rp?.id}` });
      return follow(browser, await press(browser, page, "passkeys.add", { passkey }));
    },
    fields: async ({ page }) => ({ credential: valuesOf(page, "credential")[0] ?? "" }),
    changes: true,
    holdsSession: true,
  },
  "magic_link.change_address": {
    fields: async () => ({ new_address: NEW_MAILBOX }),
    changes: true,
    status: 200,
  },
  "magic_link.confirm_address": {
    begin: (browser, page) =>
      showing(page, press(browser, page, "magic_link.change_address", { new_address: NEW_MAILBOX })),
    async fields({ page, mails }) {
      const codeTo = (mailbox: string) => codeIn(mails.findLast(({ to }) => to === mailbox)?.text ?? "");
      const [mail = ""] = valuesOf(page, "mail");
      return { mail, old_code: codeTo(mailboxOf("ada")), new_code: codeTo(NEW_MAILBOX) };
    },
    changes: true,
    holdsSession: true,
  },
  "magic_link.cancel": {
    begin: (browser, page) =>
      showing(page, press(browser, page, "magic_link.change_address", { new_address: NEW_MAILBOX })),
    fields: async () => ({}),
    changes: true,
    onlyLeads: true,
  },
  "totp.set_up": { fields: async () => ({}), changes: true, onlyLeads: true, status: 200 },
  "totp.confirm": {
    begin: (browser, page) => showing(page, press(browser, page, "totp.set_up")),
    async fields({ page, server }) {
      const { setup, key } = setupIn(page.html);
      return { setup, code: key === "" ? "" : authenticator(key, server).code() };
    },
    changes: true,
    status: 200,
    holdsSession: true,
  },
  "totp.cancel": {
    begin: (browser, page) => showing(page, press(browser, page, "totp.set_up")),
    fields: async () => ({}),
    changes: true,
    onlyLeads: true,
  },
  "totp.new_codes": {
    fields: async () => ({}),
    changes: true,
    status: 200,
    needsApp: true,
    holdsSession: true,
  },
  "totp.turn_off": { fields: async () => ({}), changes: true, needsApp: true, holdsSession: true },
} satisfies Readonly<Record<PartName, Form>>;

/** The same for the forms of connected services. What only a service's answer can finish has a test of its own. */
const UPSTREAM_ACTIONS = {
  "upstreams.connect": { fields: async () => ({ upstream: "github" }), changes: true, onlyLeads: true },
  "upstreams.store_key": { fields: async () => ({ upstream: "jira", key: KEY }), changes: true },
  "upstreams.disconnect": {
    begin: async (browser, page) =>
      follow(browser, await press(browser, page, "upstreams.store_key", { upstream: "jira", key: KEY })),
    fields: async () => ({ upstream: "jira" }),
    changes: true,
  },
} satisfies Readonly<Record<`upstreams.${Exclude<AccountUpstreamAction, "finish">}`, Form>>;

type ActionName = AccountActionName | keyof typeof PART_ACTIONS | keyof typeof UPSTREAM_ACTIONS;
export const ACTIONS: Readonly<Record<ActionName, Form>> = {
  ...OWN_ACTIONS,
  ...PART_ACTIONS,
  ...UPSTREAM_ACTIONS,
};
export const NAMES = Object.keys(ACTIONS) as readonly ActionName[];

/** A server for an action, with what its form needs. */
export async function arrangeFor(action: ActionName): Promise<Arranged> {
  const { needsDirectory = false } = ACTIONS[action];
  return openForms(action, await arrange({ own: needsDirectory ? "directory" : "quick" }));
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

/** The page with the form of an action, and the token that the form carries. */
export async function formOf(action: ActionName, browser: Browser, page: AccountPage): Promise<AccountPage> {
  return ACTIONS[action].begin?.(browser, page) ?? page;
}

/** The same for every session there is. */
export async function openForms(action: ActionName, arranged: Arranged): Promise<Arranged> {
  const { browser, phone, grace, there, theirs } = arranged;
  const opened = {
    ...arranged,
    there: await formOf(action, phone, there),
    theirs: await formOf(action, grace, theirs),
  };
  // Last: of what two sessions begin, the newest counts.
  const ready = ACTIONS[action].needsApp ? await setUpApp(opened) : opened;
  return { ...ready, page: await formOf(action, browser, ready.page) };
}

/** To link, a question about GitHub has a token of its own. The other forms carry the page's. */
async function beginGithub(browser: Browser, page: AccountPage): Promise<AccountPage> {
  const state = await beginLink(browser, page, "github");
  const { token } = await askedIn(browser, await comeBack(browser, "github", state, { subject: "ada" }));
  return { ...page, token };
}

/** What a page shows once, with the token that its forms carry. */
async function showing({ token }: AccountPage, answer: Promise<Response>): Promise<AccountPage> {
  return { token, html: await (await answer).text() };
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
