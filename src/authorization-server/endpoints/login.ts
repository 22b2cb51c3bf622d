import type { LoginHandler } from "../../config/settings.ts";
import { OAuthError } from "../../core/errors.ts";
import { endpointUrl } from "../../core/metadata.ts";
import type { Person } from "../../core/person.ts";
import { loginPage } from "../../pages/login.ts";
import { renderLoginTemplate } from "../../pages/login-template.ts";
import { type PasswordCredentials, type PasswordDeps, signInWithPassword } from "../../sign-in/password.ts";
import { requireSameOrigin } from "../../sign-in/same-origin.ts";
import { type Deps, type Peer, sealerOf } from "../deps.ts";
import { readForm } from "../form.ts";
import { htmlResponse, PAGE_STYLES, seeOther, TEMPLATE_STYLES, withCookies } from "../responses.ts";
import { type AuthorizationRequest, identityIn, openRequest, sealRequest } from "../sealed-request.ts";
import { pageUrl } from "./authorize.ts";

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
  const again = (errorMessage: string, status: number, headers?: Readonly<Record<string, string>>) =>
    loginResponse({ pending, sealed: sealed ?? "", username, errorMessage }, deps, status, headers);
  try {
    const password = form.get("password") ?? "";
    const person = await checkPassword(pending, { username, password }, deps, peer);
    if (!person) return again(WRONG_PAIR, 403);
    const { location, setCookies } = await signedIn(pending, person, deps);
    return seeOther(location, setCookies);
  } catch (error) {
    if (!(error instanceof OAuthError) || error.code !== "slow_down") throw error;
    return again(error.message, error.status, { "Retry-After": String(error.retryAfterSeconds) });
  }
}

const WRONG_PAIR = "That username and password do not belong together. Please try again.";

/**
 * The operator's own page. Everything that protects the built-in one is around it or in `completeUserCheck`: the
 * origin and the browser are checked before, the password is slowed, the cookies are ours.
 */
async function handOver(handler: LoginHandler, request: Request, deps: Deps, peer: Peer): Promise<Response> {
  const cookies: string[] = [];
  const response = await handler(request, async (state, username, password) => {
    const pending = await openRequest(state, request, sealerOf(deps));
    const person = await checkPassword(pending, { username, password }, deps, peer);
    if (!person) throw new OAuthError("access_denied", WRONG_PAIR);
    const { location, setCookies } = await signedIn(pending, person, deps);
    cookies.push(...setCookies);
    return location;
  });
  const answer = withCookies(response, cookies);
  answer.headers.set("Cache-Control", "no-store");
  answer.headers.set("Referrer-Policy", "no-referrer");
  answer.headers.set("X-Frame-Options", "DENY");
  return answer;
}

function checkPassword(
  { clientId }: AuthorizationRequest,
  pair: Pick<PasswordCredentials, "username" | "password">,
  deps: Deps,
  peer: Peer,
): Promise<Person | undefined> {
  const record: PasswordDeps["record"] = (event, fields) =>
    deps.recorder.record(event, { ...fields, client: clientId }, peer);
  return signInWithPassword({ ...pair, address: peer.address }, { ...deps, record });
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
