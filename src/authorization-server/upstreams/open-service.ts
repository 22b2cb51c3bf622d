import { createHash } from "node:crypto";
import { learnedUrl } from "../../config/learned-url.ts";
import type { OAuthUpstream } from "../../config/upstreams/settings.ts";
import { OAuthError } from "../../core/errors.ts";
import { shown } from "../../core/shown.ts";
import type { Clock } from "../../platform/clock.ts";
import { fetchJsonBy, fetchTextBy, type PlainFetch } from "../../platform/fetch-json.ts";
import { createDiscovery, WrongMetadata } from "../../platform/provider/discovery.ts";
import { labelOf } from "../sign-in/upstream/said.ts";
import {
  type AnswerOfService,
  type AskedOfService,
  UpstreamFailure,
  type UpstreamService,
} from "./service.ts";
import { askJson, requestTokens, type TokenEndpoint } from "./token-endpoint.ts";

/** How long a service may take for an answer. A lease for a refresh lasts longer. */
export const SERVICE_TIMEOUT_MS = 10_000;

/** A service with OAuth. Nothing is fetched before it is asked for the first time. */
export function openService(
  upstream: OAuthUpstream,
  { fetch, clock }: { readonly fetch: PlainFetch; readonly clock: Clock },
): UpstreamService {
  const endpoints = endpointsOf(upstream, fetch, clock);
  const parts = { fetchText: fetchTextBy(fetch, SERVICE_TIMEOUT_MS), clock };
  const ask = async (parameters: Readonly<Record<string, string>>) =>
    requestTokens(await endpoints.token(), parameters, upstream, parts);
  /** A connection is one also where this can't be told. */
  const accountOf = async (accessToken: string): Promise<string> => {
    try {
      const url = await endpoints.account();
      if (url === undefined) return "";
      const headers = { Authorization: `Bearer ${accessToken}` };
      const { status, body } = await askJson(parts.fetchText, url, { headers });
      if (status !== 200 || typeof body !== "object" || body === null) return "";
      return labelOf(upstream.accountFields.map((field) => Reflect.get(body, field)));
    } catch (error) {
      if (error instanceof UpstreamFailure) return "";
      throw error;
    }
  };
  return {
    async authorizationUrl(asked) {
      return withRequest(await endpoints.authorization(), asked, upstream);
    },
    async exchange(answer) {
      refuseAnswer(answer, await endpoints.issuer());
      const code = answer.params.get("code");
      if (code === undefined) throw new UpstreamFailure("wrong_answer", "the answer has no code");
      const { redirectUri, codeVerifier } = answer;
      const tokens = await ask({
        grant_type: "authorization_code",
        code,
        redirect_uri: redirectUri,
        code_verifier: codeVerifier,
      }).catch((error: unknown) => {
        // A code that is refused says nothing of a token.
        if (!(error instanceof UpstreamFailure) || error.problem !== "dead") throw error;
        throw new UpstreamFailure("wrong_answer", error.message);
      });
      return { ...tokens, account: await accountOf(tokens.accessToken) };
    },
    refresh: (refreshToken) => ask({ grant_type: "refresh_token", refresh_token: refreshToken }),
  };
}

/** RFC 6749 §4.1.1, RFC 7636 §4.3. */
function withRequest(
  endpoint: string,
  { state, codeVerifier, redirectUri }: AskedOfService,
  { clientId, scopes, parameters }: OAuthUpstream,
): string {
  const url = new URL(endpoint);
  const request = {
    ...parameters,
    response_type: "code",
    client_id: clientId,
    redirect_uri: redirectUri,
    ...(scopes.length > 0 && { scope: scopes.join(" ") }),
    state,
    code_challenge: createHash("sha256").update(codeVerifier).digest("base64url"),
    code_challenge_method: "S256",
  };
  for (const [name, value] of Object.entries(request)) url.searchParams.set(name, value);
  return url.href;
}

type Issuer = { readonly matches: (iss: string) => boolean; readonly isAlwaysSaid: boolean };

/** RFC 9207 §2.4, RFC 6749 §4.1.2.1. */
function refuseAnswer({ params }: AnswerOfService, { matches, isAlwaysSaid }: Issuer): void {
  const iss = params.get("iss");
  if (iss === undefined ? isAlwaysSaid : !matches(iss)) {
    const why = iss === undefined ? "has no iss" : "is of another issuer";
    throw new UpstreamFailure("wrong_answer", `the answer ${why}`);
  }
  const error = params.get("error");
  if (error === undefined) return;
  const problem =
    error === "access_denied"
      ? "denied"
      : error === "temporarily_unavailable" || error === "server_error"
        ? "no_answer"
        : "wrong_answer";
  throw new UpstreamFailure(problem, `the service answered ${shown(error)}`);
}

/** Those of the options, else those that the metadata name. Each is checked as one of the options is. */
function endpointsOf(upstream: OAuthUpstream, fetch: PlainFetch, clock: Clock) {
  const { issuer, metadataUrl, authorizationUrl, tokenUrl, accountUrl } = upstream;
  const discovery =
    issuer === undefined
      ? undefined
      : createDiscovery(
          { authorizationServer: issuer, issuer, metadataUrl },
          { fetchJson: fetchJsonBy(fetch), clock },
        );
  const found = () => (discovery ? asFailure(() => discovery.find()) : undefined);
  const endpoint = async (given: string | undefined, name: string): Promise<string> => {
    if (given !== undefined) return given;
    const metadata = await found();
    if (!metadata) throw new UpstreamFailure("wrong_answer", `there is no ${name}`);
    return asFailure(async () => learnedUrl(metadata, name, upstream));
  };
  return {
    authorization: () => endpoint(authorizationUrl, "authorization_endpoint"),
    async token(): Promise<TokenEndpoint> {
      const url = await endpoint(tokenUrl, "token_endpoint");
      const methods = (await found())?.document.token_endpoint_auth_methods_supported;
      return { url, issuer, methods: Array.isArray(methods) ? methods : undefined };
    },
    async account(): Promise<string | undefined> {
      if (accountUrl !== undefined) return accountUrl;
      const metadata = await found();
      return metadata?.document.userinfo_endpoint === undefined
        ? undefined
        : endpoint(undefined, "userinfo_endpoint");
    },
    async issuer(): Promise<Issuer> {
      const metadata = await found();
      const said = metadata?.document.authorization_response_iss_parameter_supported === true;
      if (issuer !== undefined) return { matches: (iss) => iss === issuer, isAlwaysSaid: said };
      // What it calls itself is not known: another host it is not.
      const { origin } = new URL(authorizationUrl ?? "");
      return { matches: (iss) => URL.parse(iss)?.origin === origin, isAlwaysSaid: false };
    },
  };
}

async function asFailure<T>(find: () => Promise<T>): Promise<T> {
  try {
    return await find();
  } catch (cause) {
    if (!(cause instanceof OAuthError)) throw cause;
    const problem = cause instanceof WrongMetadata ? "wrong_answer" : "no_answer";
    throw new UpstreamFailure(problem, cause.detail ?? cause.message, { cause });
  }
}
