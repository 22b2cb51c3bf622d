import { z } from "zod";
import { OAuthError } from "../../core/errors.ts";
import type { FetchJson } from "../../platform/fetch-json.ts";
import type { Ask } from "./opaque-tokens.ts";

export type IntrospectionDeps = {
  readonly endpoint: () => Promise<string>;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly fetchJson: FetchJson;
};

const answer = z.looseObject({ active: z.boolean() });

/** Asks as RFC 7662 says, with credentials of our own. */
export function introspection({ endpoint, clientId, clientSecret, fetchJson }: IntrospectionDeps): Ask {
  const credentials = Buffer.from(`${formEncode(clientId)}:${formEncode(clientSecret)}`).toString("base64");
  return async (token) => {
    const { status, body } = await fetchJson(await endpoint(), {
      method: "POST",
      headers: {
        "Content-Type": "application/x-www-form-urlencoded",
        Authorization: `Basic ${credentials}`,
      },
      body: new URLSearchParams({ token, token_type_hint: "access_token" }).toString(),
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
            ? "introspection answered 401: check the client id and secret"
            : `introspection answered ${status}`,
      },
    );
  };
}

/** RFC 6749 §2.3.1: both halves of Basic are form-encoded first. */
function formEncode(text: string): string {
  return new URLSearchParams({ "": text }).toString().slice(1);
}
