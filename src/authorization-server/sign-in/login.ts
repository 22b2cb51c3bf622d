import type { CompleteUserCheck, LoginHandler, SignInLinks } from "../../config/settings.ts";
import type { UnauditedEvent } from "../../core/events.ts";
import { logRefusal } from "../../http/boundary.ts";
import { readForm } from "../../http/form.ts";
import type { Peer } from "../../http/peer.ts";
import { retryAfter, withCookies } from "../../http/responses.ts";
import type { Endpoint, Route } from "../../http/route.ts";
import { requireSameOrigin } from "../../http/same-origin.ts";
import { sentenceOf, translated } from "../../pages/page-error.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/logging.ts";
import type { Step } from "../interaction/next-step.ts";
import { LOGIN_PATH } from "./login-path.ts";
import type { SignInMethod, SignIns, Visit, Visits } from "./method.ts";
import type { CheckPassword, PasswordResult } from "./password/check-password.ts";
import { beginSignIn, linksOf, type PageParts, showSignIn } from "./sign-in-page.ts";
import type { DecideSignIn } from "./sign-ins.ts";

/** The first step: nobody is known yet. */
export const SIGN_IN: Step = {
  name: "sign_in",
  path: LOGIN_PATH,
  isNeeded: (_request, { person }) => person === undefined,
};

/** The one method that takes a username and a password. */
export type PasswordMethod = {
  readonly method: Pick<SignInMethod, "name" | "label" | "people">;
  readonly checkPassword: CheckPassword;
};

export type LoginParts = PageParts & {
  readonly visits: Visits;
  readonly signIns: SignIns & { readonly decide: DecideSignIn };
  readonly password: PasswordMethod | undefined;
  readonly log: Log<UnauditedEvent>;
  readonly clock: Clock;
  /** The operator's own page. */
  readonly loginHandler: LoginHandler | undefined;
};

/** GET /oauth/login: the page that asks who is there. POST: checks the password and goes on. */
export function loginRoute(parts: LoginParts): Route {
  const { password } = parts;
  const post: Endpoint | undefined = password && ((request, peer) => login(request, peer, password, parts));
  return {
    name: "login",
    paths: [SIGN_IN.path],
    methods: { GET: (request, peer) => showLogin(request, peer, parts), ...(post && { POST: post }) },
    refusals: "page",
  };
}

async function showLogin(request: Request, peer: Peer, parts: LoginParts): Promise<Response> {
  const sealed = new URL(request.url).searchParams.get("state") ?? undefined;
  const visit = await parts.visits.open(request, sealed);
  const { loginHandler, password } = parts;
  if (loginHandler && password && visit.purpose?.kind !== "link")
    return handOver(loginHandler, request, peer, password, parts);
  return beginSignIn(visit, request, parts);
}

async function login(
  request: Request,
  peer: Peer,
  password: PasswordMethod,
  parts: LoginParts,
): Promise<Response> {
  const { visits, signIns, loginHandler } = parts;
  const askedAt = parts.clock();
  requireSameOrigin(request, parts.issuer);
  if (loginHandler) return handOver(loginHandler, request, peer, password, parts);
  const form = await readForm(request);
  const visit = await visits.open(request, form.get("state"));
  const username = form.get("username") ?? "";
  const pair = { username, password: form.get("password") ?? "" };
  const result = await check(visit, pair, request, peer, password, parts.log);
  if ("refusal" in result) {
    const { refusal } = result;
    const typed = { username, errorMessage: sentenceOf(refusal, parts.look) };
    return showSignIn(visit, typed, parts, refusal.status, retryAfter(refusal));
  }
  return signIns.complete({ method: password.method, visit, proof: result.proof, askedAt }, request, peer);
}

/**
 * The operator's own page. Everything that protects the built-in one is around it or in `completeUserCheck`: the
 * origin and the browser are checked before, the password is slowed, the cookies are ours.
 */
async function handOver(
  handler: LoginHandler,
  request: Request,
  peer: Peer,
  password: PasswordMethod,
  { visits, signIns, methods, log, clock, look }: LoginParts,
): Promise<Response> {
  const askedAt = clock();
  const cookies: string[] = [];
  const completeUserCheck: CompleteUserCheck = async (state, username, typed) => {
    const visit = await visits.open(request, state);
    const result = await check(visit, { username, password: typed }, request, peer, password, log);
    if ("refusal" in result) throw translated(result.refusal, look);
    const proved = { method: password.method, visit, proof: result.proof, askedAt };
    const decided = await signIns.decide(proved, request, peer);
    if ("refused" in decided) throw translated(decided.refused.error, look);
    cookies.push(...decided.next.setCookies);
    return decided.next.location;
  };
  const links: SignInLinks = async (state) => linksOf(await visits.open(request, state), methods);
  const response = await handler(request, completeUserCheck, links);
  const answer = withCookies(response, cookies);
  answer.headers.set("Cache-Control", "no-store");
  answer.headers.set("Referrer-Policy", "no-referrer");
  answer.headers.set("X-Frame-Options", "DENY");
  return answer;
}

async function check(
  { client }: Visit,
  pair: { readonly username: string; readonly password: string },
  request: Request,
  peer: Peer,
  { checkPassword }: PasswordMethod,
  log: LoginParts["log"],
): Promise<PasswordResult> {
  const result = await checkPassword(pair, client?.id, peer);
  // Here, since a login handler may keep the error to itself.
  if ("refusal" in result && result.refusal.status >= 500) logRefusal(result.refusal, request, log, peer);
  return result;
}
