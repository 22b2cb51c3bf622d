import { z } from "zod";
import { OAuthError } from "../../core/errors.ts";
import { providerClaims } from "../../core/provider-claims.ts";
import type { Clock } from "../../platform/clock.ts";
import type { FetchJson } from "../../platform/fetch-json.ts";
import type { Verification } from "../guard.ts";
import { authOf, noPerson, refuseProviderClaims, type TokenRules } from "./provider-tokens.ts";

export type IntrospectionDeps = {
  readonly endpoint: () => Promise<string>;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly fetchJson: FetchJson;
  readonly clock: Clock;
};

const answer = z.looseObject({ active: z.boolean() });

/**
 * Asks the provider about each token (RFC 7662): for opaque ones. What is active is kept by the guard's cache, never
 * past `exp`; parallel requests with one token ask once.
 * @param issuer counts where the answer names none: it comes from this provider.
 */
export function introspectTokens(
  rules: TokenRules,
  issuer: string,
  deps: IntrospectionDeps,
): (token: string) => Promise<Verification> {
  const refused = (why: string): Verification => ({ kind: "refused", why, about: { issuer } });
  const asking = new Map<string, Promise<Verification>>();
  const ask = async (token: string): Promise<Verification> => {
    const body = await introspect(token, deps);
    if (!body.active) return refused("the provider says that it is not active");
    // Without `exp` (RFC 7662 §2.2 makes it optional) it holds for a minute, and is then asked about again.
    const now = deps.clock() / 1000;
    const claims = providerClaims.safeParse({ iss: issuer, exp: now + UNKNOWN_END_SECONDS, ...body });
    if (!claims.success) return refused("the provider's answer has claims of the wrong kind");
    const wrong = refuseProviderClaims(claims.data, rules, now);
    if (wrong !== undefined) return refused(wrong);
    const auth = authOf(claims.data, rules, token);
    return auth ? { kind: "verified", auth } : refused(noPerson(rules));
  };
  return (token) => {
    let answered = asking.get(token);
    if (!answered) {
      answered = ask(token).finally(() => asking.delete(token));
      asking.set(token, answered);
    }
    return answered;
  };
}

const UNKNOWN_END_SECONDS = 60;

async function introspect(token: string, deps: IntrospectionDeps): Promise<z.infer<typeof answer>> {
  const { endpoint, clientId, clientSecret, fetchJson } = deps;
  const { status, body } = await fetchJson(await endpoint(), {
    method: "POST",
    headers: {
      "Content-Type": "application/x-www-form-urlencoded",
      Authorization: `Basic ${Buffer.from(`${formEncode(clientId)}:${formEncode(clientSecret)}`).toString("base64")}`,
    },
    body: new URLSearchParams({ token, token_type_hint: "access_token" }).toString(),
  });
  const parsed = answer.safeParse(body);
  if (status === 200 && parsed.success) return parsed.data;
  // Our own credentials or the provider are at fault; the token is not.
  throw new OAuthError("temporarily_unavailable", "The identity provider cannot be asked about the token.", {
    detail:
      status === 401
        ? "introspection answered 401: check the client id and secret"
        : `introspection answered ${status}`,
  });
}

/** RFC 6749 §2.3.1: both halves of Basic are form-encoded first. */
function formEncode(text: string): string {
  return new URLSearchParams({ "": text }).toString().slice(1);
}
