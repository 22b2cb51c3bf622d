import { setTimeout } from "node:timers/promises";
import { sessionHashOf } from "../../src/authorization-server/people/sessions.ts";
import { authorizeUrl, newPkce, RESOURCE } from "../support/client.ts";
import { type Browser, decide, openBrowser, stateOf } from "../support/person.ts";
import type { OperationOf, Outcome } from "./history.ts";
import type { Random } from "./random.ts";
import { type Code, type Given, grantOf, PASSWORD, traceOf } from "./requests.ts";
import { type Answer, anyInstance, hashed, hashedAlready, send, type World } from "./world.ts";

/** A person at a browser, whose every request may meet another instance. */
export type PersonAtBrowser = {
  readonly person: string;
  readonly random: Random;
  readonly world: World;
  readonly browser: Browser;
  /** Who signed in with each session that this browser was given. */
  readonly signedIn: Map<string, string>;
  /** What came of the last request. */
  last(): Answer;
};

export function openPersonsBrowser(world: World, random: Random, person: string): PersonAtBrowser {
  let last: Answer | undefined;
  const browser = openBrowser({
    async fetch(request) {
      last = await send(world, anyInstance(random, world), request, patience(random, world));
      return new Response(null, { headers: last.headers });
    },
  });
  return {
    person,
    random,
    world,
    browser,
    signedIn: new Map(),
    last() {
      if (!last) throw new Error("the browser has asked for nothing");
      return last;
    },
  };
}

/** Someone else at the same browser, where the session of the one before may still be. */
export function takeOver(at: PersonAtBrowser, person: string): PersonAtBrowser {
  return { ...at, person };
}

/** Now and then a page is closed before it is there. What it asked for may be done all the same. */
function patience(random: Random, world: World): number | undefined {
  const closes = random.fraction() < 0.03 && !world.isCalm();
  return closes ? random.between(1, 15) : undefined;
}

/** From the authorize URL to the code, over the sign-in where that is needed. Stops at the first answer that leads nowhere. */
export async function askForCode(
  at: PersonAtBrowser,
  clientId: string,
  options: { readonly signInAgain: boolean; readonly readsForMs: number },
): Promise<Given<Code>> {
  const { verifier, challenge } = newPkce();
  const prompt = options.signInAgain ? "login" : undefined;
  const begun = await begin(at, clientId, authorizeUrl(clientId, challenge, { prompt }));
  const asked = begun.given?.step === "login" ? await signIn(at, begun.given.state) : begun;
  // Led back to the sign-in, because they were signed out while they signed in: there is nothing to approve.
  if (asked.given?.step !== "consent") return { ...asked, given: undefined };
  await setTimeout(options.readsForMs);
  const answer = await approve(at, clientId, asked.given.state);
  const { given: code } = answer;
  return { ...answer, given: code === undefined ? undefined : { clientId, code, verifier } };
}

/** Looks where the authorize URL leads: whether the browser's session counts. */
export async function tryOwnSession(at: PersonAtBrowser, clientId: string): Promise<Answer> {
  return begin(at, clientId, authorizeUrl(clientId, newPkce().challenge));
}

/** The same with cookies that the browser had before. */
export async function tryCookies(at: PersonAtBrowser, clientId: string, cookies: string): Promise<Answer> {
  return begin(at, clientId, authorizeUrl(clientId, newPkce().challenge), cookies);
}

type AtStep = { readonly step: "login" | "consent"; readonly state: string };

async function begin(
  at: PersonAtBrowser,
  clientId: string,
  url: string,
  cookies = at.browser.cookie(),
): Promise<Given<AtStep>> {
  const session = new URL(url).searchParams.has("prompt") ? undefined : sessionIn(cookies);
  await at.browser.request(url, { headers: { cookie: cookies } });
  const answer = at.last();
  const given = stepOf(answer);
  at.world.record({
    ...traceOf(answer),
    ...(answer.outcome.kind === "honoured" && { outcome: outcomeOfBegin(given, session) }),
    kind: "begin",
    client: hashed(clientId),
    person: hashed(personOf(at, session)),
    ...(session !== undefined && { session }),
  });
  return { ...answer, given };
}

function outcomeOfBegin(given: AtStep | undefined, session: string | undefined): Outcome {
  if (!given) return { kind: "wrong", what: "a request that leads to no page" };
  if (session !== undefined && given.step === "login") return { kind: "refused", error: "login_required" };
  return session === undefined && given.step === "consent"
    ? { kind: "wrong", what: "no one has signed in, and is asked to approve" }
    : { kind: "honoured" };
}

async function signIn(at: PersonAtBrowser, state: string): Promise<Given<AtStep>> {
  const { browser, person, world } = at;
  const replaces = sessionIn(browser.cookie());
  await browser.submit("/oauth/login", { state, username: person, password: PASSWORD });
  const answer = at.last();
  const session = sessionIn(browser.cookie());
  const given = stepOf(answer);
  const isSignedIn = session !== undefined && session !== replaces && given?.step === "consent";
  const isAnswered = answer.outcome.kind === "honoured" && !isSignedIn;
  if (isSignedIn) at.signedIn.set(session, person);
  world.record({
    ...traceOf(answer),
    ...(isAnswered && { outcome: outcomeOfNoSession(answer) }),
    kind: "sign in",
    person: hashed(person),
    ...(isSignedIn && { session }),
    ...(replaces !== undefined && { replaces }),
  });
  return { ...answer, given };
}

/** Who is signed out while they sign in is led back to the page, which says so. */
function outcomeOfNoSession({ headers }: Answer): Outcome {
  const problem = URL.parse(headers.get("location") ?? "")?.searchParams.get("problem");
  return problem === "sign_in_is_old"
    ? { kind: "refused", error: "login_required" }
    : { kind: "wrong", what: "signed in, and has no new session" };
}

async function approve(at: PersonAtBrowser, clientId: string, state: string): Promise<Given<string>> {
  const session = sessionIn(at.browser.cookie()) ?? "";
  await decide(at.browser, state, "approve", ["mcp"]);
  const answer = at.last();
  const location = answer.headers.get("location");
  const code = URL.parse(location ?? "")?.searchParams.get("code") ?? undefined;
  const hasNoCode = answer.outcome.kind === "honoured" && code === undefined;
  at.world.record({
    ...traceOf(answer),
    ...(hasNoCode && { outcome: { kind: "wrong", what: `approved, and sent to ${location}` } }),
    ...approvalOf(at, clientId, session),
    ...(code !== undefined && { grant: grantOf(code), code: hashed(code) }),
  });
  return { ...answer, given: code };
}

function approvalOf(
  at: PersonAtBrowser,
  clientId: string,
  session: string,
): Pick<OperationOf<"approve">, "kind" | "client" | "person" | "session"> {
  return { kind: "approve", client: hashed(clientId), person: hashed(personOf(at, session)), session };
}

/** Whose session it is, which may not be that of the one who sits there. */
function personOf({ person, signedIn }: PersonAtBrowser, session: string | undefined): string {
  return signedIn.get(session ?? "") ?? person;
}

/** Which of our pages comes next. */
function stepOf({ outcome, headers }: Answer): AtStep | undefined {
  const location = headers.get("location") ?? "";
  const [, step] = /\/oauth\/(login|consent)\?/.exec(location) ?? [];
  if (outcome.kind !== "honoured" || (step !== "login" && step !== "consent")) return undefined;
  return { step, state: stateOf(location) };
}

/** What stands in the history for the session of these cookies. */
function sessionIn(cookies: string): string | undefined {
  const [, secret] = /(?:^|; )__Host-gatehouse-session=([^;]+)/.exec(cookies) ?? [];
  return secret === undefined ? undefined : hashedAlready(sessionHashOf(secret, new URL(RESOURCE).origin));
}
