import { createHash } from "node:crypto";
import type { GithubSettings } from "../../../../config/sign-in/settings.ts";
import type { Clock } from "../../../../platform/clock.ts";
import { fetchJsonBy, type PlainFetch } from "../../../../platform/fetch-json.ts";
import type { Proof } from "../../method.ts";
import { answeredError } from "../answer-error.ts";
import { scopesToAsk, toKeep } from "../kept-tokens.ts";
import { type Answer, type Asked, BrokenOff, type UpstreamProvider } from "../provider.ts";
import { boundedProfile, emailsOf, groupsOf, idOfPerson, labelOf, textOf } from "../said.ts";
import { createGithubApi, type GithubApi } from "./github-api.ts";

const METHOD = "github";

/** GitHub, which speaks OAuth 2.0 and not OpenID Connect: who it is, its API says. */
export function openGithub(
  settings: GithubSettings,
  { fetch, clock }: { readonly fetch: PlainFetch; readonly clock: Clock },
): UpstreamProvider {
  const api = createGithubApi(settings, fetchJsonBy(fetch));
  return {
    authorizationUrl: async (asked) => authorizationUrl(asked, settings),
    async prove(answer) {
      refuseAnswer(answer, settings);
      const code = answer.params.get("code");
      if (code === undefined) throw new BrokenOff("wrong_answer", "the provider's answer has no code");
      const tokens = await api.exchange({ ...answer, code });
      const proof = await proofOf(tokens.accessToken, api, settings, clock());
      return { ...proof, keeps: toKeep(tokens, { ...settings, scopes: scopesOf(settings) }) };
    },
    proves: ({ method, issuer }) => method === METHOD && issuer === settings.baseUrl,
    routes: [],
  };
}

function authorizationUrl(
  { state, codeVerifier, redirectUri, visit }: Asked,
  settings: GithubSettings,
): string {
  const { baseUrl, clientId } = settings;
  const { loginHint, signInAfter, wantsAnotherAccount } = visit;
  const url = new URL(`${baseUrl}/login/oauth/authorize`);
  url.search = new URLSearchParams({
    response_type: "code",
    client_id: clientId,
    redirect_uri: redirectUri,
    scope: scopesToAsk({ ...settings, scopes: scopesOf(settings) }).join(" "),
    state,
    code_challenge: createHash("sha256").update(codeVerifier).digest("base64url"),
    code_challenge_method: "S256",
    ...(loginHint !== undefined && !wantsAnotherAccount && { login: loginHint }),
    // GitHub can't be asked for a new sign-in: a person who comes back counts as one.
    ...((signInAfter !== undefined || wantsAnotherAccount) && { prompt: "select_account" }),
  }).toString();
  return url.href;
}

/** What a sign-in needs. */
function scopesOf({ groups }: GithubSettings): readonly string[] {
  return ["read:user", "user:email", ...(groups === undefined ? [] : ["read:org"])];
}

/** RFC 9207, where GitHub sends `iss`; RFC 6749 §4.1.2.1. */
function refuseAnswer({ params }: Answer, { baseUrl }: GithubSettings): void {
  const iss = params.get("iss");
  if (iss !== undefined && URL.parse(iss)?.origin !== new URL(baseUrl).origin) {
    throw new BrokenOff("wrong_answer", "the answer's iss is another issuer");
  }
  const error = params.get("error");
  if (error !== undefined) throw answeredError(error, params.get("error_description"));
}

async function proofOf(token: string, api: GithubApi, settings: GithubSettings, now: number): Promise<Proof> {
  const user = await api.user(token);
  const addresses = (await api.emails(token)).filter(({ verified }) => verified);
  const emails = emailsOf(addresses.map(({ email }) => email));
  const primary = addresses.find(({ primary }) => primary)?.email;
  const email = emails.find((one) => one === primary);
  const groups = groupsOf(await api.groups(token));
  const subject = String(user.id);
  // The address of the public profile may be any verified one, or none: those above are all that count.
  const { email: _public, ...others } = user;
  const claims = { ...others, sub: subject, ...(email !== undefined && { email, email_verified: true }) };
  const name = textOf(user.name) ?? user.login;
  return {
    identity: { method: METHOD, issuer: settings.baseUrl, subject },
    label: labelOf([user.login]),
    personId: idOfPerson(claims, settings),
    profile: boundedProfile({ name, ...(email !== undefined && { email }), login: user.login }),
    emails,
    groups,
    claims,
    authenticatedAt: now,
    upstream: undefined,
  };
}
