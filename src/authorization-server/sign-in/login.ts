import type { LoginHandler } from "../../config/settings.ts";
import type { UnauditedEvent } from "../../core/events.ts";
import { logRefusal } from "../../http/boundary.ts";
import { readForm } from "../../http/form.ts";
import type { Peer } from "../../http/peer.ts";
import {
  htmlResponse,
  PAGE_STYLES,
  retryAfter,
  seeOther,
  TEMPLATE_STYLES,
  withCookies,
} from "../../http/responses.ts";
import { type Route, urlOf } from "../../http/route.ts";
import { requireSameOrigin } from "../../http/same-origin.ts";
import { loginPage } from "../../pages/login.ts";
import { renderLoginTemplate } from "../../pages/login-template.ts";
import type { Log } from "../../platform/logging.ts";
import type { Interactions } from "../interaction/interactions.ts";
import type { Step } from "../interaction/next-step.ts";
import { type AuthorizationRequest, identityIn } from "../interaction/sealed-request.ts";
import type { CheckPassword, PasswordResult } from "./password.ts";

/** The first step: nobody is known yet. */
export const SIGN_IN: Step = {
  name: "sign_in",
  path: "/oauth/login",
  isNeeded: (_request, { person }) => person === undefined,
};

export type LoginParts = {
  readonly interactions: Pick<Interactions, "open" | "signedIn">;
  readonly checkPassword: CheckPassword;
  readonly log: Log<UnauditedEvent>;
  readonly issuer: string;
  readonly appName: string;
  /** The operator's own HTML. */
  readonly loginTemplate: string | undefined;
  /** The operator's own page. */
  readonly loginHandler: LoginHandler | undefined;
};

/** GET /oauth/login: the page that asks who is there. POST: checks the password and goes on. */
export function loginRoute(parts: LoginParts): Route {
  return {
    name: "login",
    paths: [SIGN_IN.path],
    methods: {
      GET: (request, peer) => showLogin(request, peer, parts),
      POST: (request, peer) => login(request, peer, parts),
    },
    refusals: "page",
  };
}

async function showLogin(request: Request, peer: Peer, parts: LoginParts): Promise<Response> {
  const sealed = new URL(request.url).searchParams.get("state") ?? undefined;
  const pending = await parts.interactions.open(request, sealed);
  const { loginHandler } = parts;
  if (loginHandler) return handOver(loginHandler, request, peer, parts);
  return loginResponse({ pending, sealed: sealed ?? "", username: "", errorMessage: undefined }, parts);
}

async function login(request: Request, peer: Peer, parts: LoginParts): Promise<Response> {
  const { interactions, loginHandler } = parts;
  requireSameOrigin(request, parts.issuer);
  if (loginHandler) return handOver(loginHandler, request, peer, parts);
  const form = await readForm(request);
  const sealed = form.get("state");
  const pending = await interactions.open(request, sealed);
  const username = form.get("username") ?? "";
  const password = form.get("password") ?? "";
  const result = await checkPassword(pending, { username, password }, request, peer, parts);
  if ("refusal" in result) {
    const { refusal } = result;
    const view = { pending, sealed: sealed ?? "", username, errorMessage: refusal.message };
    return loginResponse(view, parts, refusal.status, retryAfter(refusal));
  }
  const { location, setCookies } = await interactions.signedIn(pending, result.person);
  return seeOther(location, setCookies);
}

/**
 * The operator's own page. Everything that protects the built-in one is around it or in `completeUserCheck`: the
 * origin and the browser are checked before, the password is slowed, the cookies are ours.
 */
async function handOver(
  handler: LoginHandler,
  request: Request,
  peer: Peer,
  parts: LoginParts,
): Promise<Response> {
  const { interactions } = parts;
  const cookies: string[] = [];
  const response = await handler(request, async (state, username, password) => {
    const pending = await interactions.open(request, state);
    const result = await checkPassword(pending, { username, password }, request, peer, parts);
    if ("refusal" in result) throw result.refusal;
    const { location, setCookies } = await interactions.signedIn(pending, result.person);
    cookies.push(...setCookies);
    return location;
  });
  const answer = withCookies(response, cookies);
  answer.headers.set("Cache-Control", "no-store");
  answer.headers.set("Referrer-Policy", "no-referrer");
  answer.headers.set("X-Frame-Options", "DENY");
  return answer;
}

async function checkPassword(
  { clientId }: AuthorizationRequest,
  pair: { readonly username: string; readonly password: string },
  request: Request,
  peer: Peer,
  { checkPassword: check, log }: Pick<LoginParts, "checkPassword" | "log">,
): Promise<PasswordResult> {
  const result = await check(pair, clientId, peer);
  // Here, since a login handler may keep the error to itself.
  if ("refusal" in result && result.refusal.status >= 500) logRefusal(result.refusal, request, log, peer);
  return result;
}

type LoginView = {
  readonly pending: AuthorizationRequest;
  readonly sealed: string;
  readonly username: string;
  readonly errorMessage: string | undefined;
};

function loginResponse(
  { pending, sealed, username, errorMessage }: LoginView,
  { issuer, appName, loginTemplate }: Pick<LoginParts, "issuer" | "appName" | "loginTemplate">,
  status?: number,
  headers?: Readonly<Record<string, string>>,
): Response {
  const values = { appName, state: sealed, username };
  if (loginTemplate !== undefined) {
    const page = renderLoginTemplate(loginTemplate, { ...values, errorMessage: errorMessage ?? "" });
    return htmlResponse(page, TEMPLATE_STYLES, status, headers);
  }
  const page = loginPage({
    ...values,
    errorMessage,
    action: urlOf(issuer, SIGN_IN.path),
    client: identityIn(pending),
  });
  return htmlResponse(page, PAGE_STYLES, status, headers);
}
