import { z } from "zod";
import { OAuthError } from "../../core/errors.ts";
import type { FetchJson } from "../../platform/fetch-json.ts";
import type { Ask } from "./opaque-tokens.ts";

/** Google's numbers are text. Without an end nobody could tell how long to believe the answer. */
const answer = z.looseObject({ aud: z.string(), exp: z.coerce.number().positive() });

/** Google's way to be asked about its opaque access tokens: it wants no credentials but the token itself. */
export function tokeninfo(endpoint: string, fetchJson: FetchJson): Ask {
  return async (token) => {
    // A JWT of Google's is an ID token, whatever its endpoint would say of it.
    if (token.split(".").length === 3 && token.startsWith("eyJ")) return undefined;
    const { status, body } = await fetchJson(endpoint, {
      method: "POST",
      headers: {
        "Content-Type": "application/x-www-form-urlencoded",
        Authorization: `Bearer ${token}`,
      },
    });
    const parsed = answer.safeParse(body);
    if (status === 200 && parsed.success) return parsed.data;
    if (status === 400 || status === 401) return undefined;
    throw new OAuthError("temporarily_unavailable", "Google cannot be asked about the token.", {
      detail: `tokeninfo answered ${status}`,
    });
  };
}
