import type { LoginHandler } from "../../config/settings.ts";
import { endpointUrl } from "../../core/metadata.ts";
import type { Person } from "../../core/person.ts";
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
import { requireSameOrigin } from "../../http/same-origin.ts";
import { loginPage } from "../../pages/login.ts";
import { renderLoginTemplate } from "../../pages/login-template.ts";
import { type Deps, sealerOf } from "../deps.ts";
import { pageUrl } from "../interaction/authorize.ts";
import {
  type AuthorizationRequest,
  identityIn,
  openRequest,
  sealRequest,
} from "../interaction/sealed-request.ts";
import {
  type PasswordCredentials,
  type PasswordDeps,
  type PasswordResult,
  signInWithPassword,
} from "./password.ts";

/** GET /oauth/login: the page that asks who is there. */
export async function showLogin(request: Request, deps: Deps, peer: Peer): Promise<Response> {
  const sealed = new URL(request.url).searchParams.get("state") ?? undefined;
  const pending = await openRequest(sealed, request, sealerOf(deps));
  const { loginHandler } = deps.settings;
  if (loginHandler) return handOver(loginHandler, request, deps, peer);
  return loginResponse({ pending, sealed: sealed ?? "", username: "", errorMessage: undefined }, deps);
}

/** POST /oauth/login: checks the password and goes on to consent. */
export async function login(request: Request, deps: Deps, peer: Peer): Promise<Response> {
  requireSameOrigin(request, deps.settings.issuer);
  const { loginHandler } = deps.settings;
  if (loginHandler) return handOver(loginHandler, request, deps, peer);
  const form = await readForm(request);
  const sealed = form.get("state");
  const pending = await openRequest(sealed, request, sealerOf(deps));
  const username = form.get("username") ?? "";
  const password = form.get("password") ?? "";
  const result = await checkPassword(pending, { username, password }, request, deps, peer);
  if ("refusal" in result) {
    const { refusal } = result;
    const view = { pending, sealed: sealed ?? "", username, errorMessage: refusal.message };
    return loginResponse(view, deps, refusal.status, retryAfter(refusal));
  }
  const { location, setCookies } = await signedIn(pending, result.person, deps);
  return seeOther(location, setCookies);
}

/**
 * The operator's own page. Everything that protects the built-in one is around it or in `completeUserCheck`: the
 * origin and the browser are checked before, the password is slowed, the cookies are ours.
 */
async function handOver(handler: LoginHandler, request: Request, deps: Deps, peer: Peer): Promise<Response> {
  const cookies: string[] = [];
  const response = await handler(request, async (state, username, password) => {
    const pending = await openRequest(state, request, sealerOf(deps));
    const result = await checkPassword(pending, { username, password }, request, deps, peer);
    if ("refusal" in result) throw result.refusal;
    const { location, setCookies } = await signedIn(pending, result.person, deps);
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
  pair: Pick<PasswordCredentials, "username" | "password">,
  request: Request,
  deps: Deps,
  peer: Peer,
): Promise<PasswordResult> {
  const record: PasswordDeps["record"] = (event, fields) =>
    deps.recorder.record(event, { ...fields, client: clientId }, peer);
  const result = await signInWithPassword({ ...pair, address: peer.address }, { ...deps, record });
  // Here, since a login handler may keep the error to itself.
  if ("refusal" in result && result.refusal.status >= 500)
    logRefusal(result.refusal, request, deps.log, peer);
  return result;
}

async function signedIn(
  pending: AuthorizationRequest,
  person: Person,
  deps: Deps,
): Promise<{ readonly location: string; readonly setCookies: readonly string[] }> {
  const { signIn, setCookies } = await deps.binding.signIn(pending, person);
  const sealed = await sealRequest({ ...pending, person, signIn }, sealerOf(deps));
  return { location: pageUrl(deps.settings.issuer, "consent", sealed), setCookies };
}

type LoginView = {
  readonly pending: AuthorizationRequest;
  readonly sealed: string;
  readonly username: string;
  readonly errorMessage: string | undefined;
};

function loginResponse(
  { pending, sealed, username, errorMessage }: LoginView,
  { settings }: Deps,
  status?: number,
  headers?: Readonly<Record<string, string>>,
): Response {
  const values = { appName: settings.name, state: sealed, username };
  if (settings.loginTemplate !== undefined) {
    const page = renderLoginTemplate(settings.loginTemplate, { ...values, errorMessage: errorMessage ?? "" });
    return htmlResponse(page, TEMPLATE_STYLES, status, headers);
  }
  const page = loginPage({
    ...values,
    errorMessage,
    action: endpointUrl(settings.issuer, "login"),
    client: identityIn(pending),
  });
  return htmlResponse(page, PAGE_STYLES, status, headers);
}
