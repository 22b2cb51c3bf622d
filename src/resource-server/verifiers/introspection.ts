import { z } from "zod";
import { OAuthError } from "../../core/errors.ts";
import { authentication, type Credentials } from "../../platform/client-authentication.ts";
import type { Clock } from "../../platform/clock.ts";
import type { FetchJson } from "../../platform/fetch-json.ts";
import type { Ask } from "./opaque-tokens.ts";

export type IntrospectionParts = {
  readonly endpoint: () => Promise<string>;
  /** Whom an assertion is for, unless the options say it. */
  readonly issuer: string;
  readonly clientId: string;
  readonly credentials: Credentials;
  readonly fetchJson: FetchJson;
  readonly clock: Clock;
};

const answer = z.looseObject({ active: z.boolean() });

/** Asks as RFC 7662 says, with credentials of our own. */
export function introspection(parts: IntrospectionParts): Ask {
  const { endpoint, issuer, clientId, credentials, fetchJson, clock } = parts;
  return async (token) => {
    const url = await endpoint();
    const asking = { url, issuer, methods: undefined };
    const { headers, parameters } = await authentication(clientId, credentials, asking, clock);
    const { status, body } = await fetchJson(url, {
      method: "POST",
      headers: { ...headers, "Content-Type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ token, token_type_hint: "access_token", ...parameters }).toString(),
    });
    const parsed = answer.safeParse(body);
    if (status === 200 && parsed.success) return parsed.data.active ? parsed.data : undefined;
    // Our own credentials or the provider are at fault; the token is not.
    throw new OAuthError(
      "temporarily_unavailable",
      "The identity provider cannot be asked about the token.",
      {
        detail:
          status === 401
            ? "introspection answered 401: check the client id and secret, or the key, " +
              "and how the provider expects them (introspection.authentication)"
            : `introspection answered ${status}`,
      },
    );
  };
}
