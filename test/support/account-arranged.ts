import { magicLink } from "../../src/authorization-server/sign-in/mail/magic-link.ts";
import type { OpenMethod } from "../../src/authorization-server/sign-in/method.ts";
import { passkeys } from "../../src/authorization-server/sign-in/passkeys/passkeys.ts";
import { password } from "../../src/authorization-server/sign-in/password/password.ts";
import {
  isSecondFactor,
  type OpenFactor,
  type SignInPart,
} from "../../src/authorization-server/sign-in/second-factor.ts";
import { totp } from "../../src/authorization-server/sign-in/totp/totp.ts";
import { users } from "../../src/authorization-server/sign-in/users/users.ts";
import type { PartName } from "../../src/pages/account/values.ts";
import type { Store } from "../../src/store/store.ts";
import { type AccountPage, beginLink, confirmLink, finishSignIn, press, signInToAccount } from "./account.ts";
import { SECRET } from "./forge.ts";
import { FROM } from "./mail/journey.ts";
import { keepingMails } from "./mail/provoke-mail.ts";
import { openBrowser, stateOf } from "./person.ts";
import { comeBack, redirecting } from "./redirecting-method.ts";
import { startServer, type TestServer } from "./server.ts";
import { type Authenticator, passTo, setUpAtAccount } from "./sign-in/authenticator.ts";
import { IDENTITY_LINKED } from "./store/samples.ts";
import { GITHUB, JIRA } from "./upstreams.ts";
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

/** What has a part of the account page, beside the directory. */
const withParts = (send: ReturnType<typeof keepingMails>["send"]): readonly SignInPart[] => [
  passkeys(),
  magicLink({ send, from: FROM }),
  totp({ required: "choice" }),
];

/** What a test sees of the methods, and where it steps in. */
type Tap = {
  /** The actions of all parts. */
  readonly actions: PartName[];
  /** Runs once, after an action has looked at everything, and before it writes. */
  meanwhile?: (() => Promise<unknown>) | undefined;
};

/** The same method or second factor, with a tap on it. */
function tapped(part: SignInPart, tap: Tap): SignInPart {
  const note = <Open extends Pick<OpenMethod | OpenFactor, "account">>(open: Open): Open => {
    for (const action of Object.keys(open.account?.actions ?? {})) tap.actions.push(`${part.name}.${action}`);
    return open;
  };
  if (isSecondFactor(part)) {
    return {
      ...part,
      open: async (parts) => note(await part.open({ ...parts, store: held(parts.store, tap) })),
    };
  }
  return {
    ...part,
    open: async (parts) => note(await part.open({ ...parts, store: held(parts.store, tap) })),
  };
}

/** The store, in which what a part's action writes waits for what a test does first. */
function held(store: Store, tap: Tap): Store {
  const after =
    <Given extends readonly unknown[], Result>(write: (...given: Given) => Promise<Result>) =>
    async (...given: Given): Promise<Result> => {
      const { meanwhile } = tap;
      tap.meanwhile = undefined;
      await meanwhile?.();
      return write(...given);
    };
  return {
    ...store,
    changePassword: after(store.changePassword),
    addCredentials: after(store.addCredentials),
    removeCredentials: after(store.removeCredentials),
    changeAddress: after(store.changeAddress),
  };
}

/** Where a person gets mail; it is linked to them, too. */
export const mailboxOf = (name: string) => `${name}@mail.example`;

/** A server with Ada, who has two sessions and three ways in, and Grace. */
export async function arrange({
  publicUrl = "https://mcp.example",
  own = "quick" as "quick" | "directory",
} = {}) {
  const tap: Tap = { actions: [] };
  const { mails, send } = keepingMails();
  const first = own === "quick" ? quick() : users();
  const signIn = [first, ...withParts(send), ...providers()].map((part) => tapped(part, tap));
  const upstreams = { github: GITHUB, jira: JIRA };
  const server = await startServer({ publicUrl, secret: SECRET, upstreams }, { signIn, admit: "anyone" });
  if (own === "directory") for (const name of ["ada", "grace"]) await addUser(server, name);
  const open = () => openBrowser(server, publicUrl);
  const [browser, phone, grace] = [open(), open(), open()];
  const theirs = await signInToAccount(grace, "grace", PASSWORD);
  const there = await signInToAccount(phone, "ada", PASSWORD);
  const here = await signInToAccount(browser, "ada", PASSWORD);
  for (const name of ["ada", "grace"]) await linkMailbox(server, name);
  const state = await beginLink(browser, here, "google");
  const page = await confirmLink(browser, await comeBack(browser, "google", state, { subject: "ada" }));
  const app = undefined as Authenticator | undefined;
  return { server, open, browser, phone, grace, page, there, theirs, publicUrl, mails, tap, app };
}
export type Arranged = Awaited<ReturnType<typeof arrange>>;

async function linkMailbox({ store, now }: TestServer, name: string): Promise<void> {
  const label = mailboxOf(name);
  const identity = { method: "magic_link", issuer: "", subject: label };
  await store.addIdentity({ ...identity, personId: `id of ${name}`, label, now: now() }, IDENTITY_LINKED);
}

/** Ada has an authenticator app from now on, and her browser a session that passed it. */
export async function setUpApp(at: Arranged): Promise<Arranged> {
  const { server, browser, page } = at;
  const { app, answer } = await setUpAtAccount(server, browser, page);
  if (answer.status !== 200) throw new Error(`setting the app up answered ${answer.status}`);
  return { ...at, app, page: await signInAgain({ ...at, app }, page) };
}

/** A new sign-in of Ada, for a change. */
export async function signInAgain(
  at: Pick<Arranged, "server" | "browser" | "app">,
  page: Pick<AccountPage, "token">,
): Promise<AccountPage> {
  return finishAsAda(at, await press(at.browser, page, "sign_in_again"));
}

/** The same for a sign-in that has begun. */
export async function finishAsAda(
  { server, browser, app }: Pick<Arranged, "server" | "browser" | "app">,
  begun: Response,
): Promise<AccountPage> {
  if (!app) return finishSignIn(browser, begun, "ada", PASSWORD);
  // A code counts once: this is the next one.
  server.advance(30);
  return passTo(browser, stateOf(begun.headers.get("location")), app, "ada", PASSWORD);
}

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
        store.listUpstreamCredentials(id),
      ]),
    ),
    // Not when they were last used: looking at the page does that.
    (await Promise.all(people.map((id) => store.listSessions(id, now())))).map((sessions) =>
      sessions.map(({ hash }) => hash).sort(),
    ),
    audit.filter(({ event }) => !event.startsWith("sign_in.")),
  ]);
}
