import { z } from "zod";
import { authentication, type ProvingEndpoint } from "../platform/client-authentication.ts";
import type { FetchJson } from "../platform/fetch-json.ts";
import { TokenError, unreachable } from "./errors.ts";
import type { TokenManagerSettings } from "./options.ts";
import { retryAfterSeconds } from "./retry.ts";

/** A token and how long it lives, as the answer says. */
export type IssuedToken = { readonly value: string; readonly lifeSeconds: number };

/** For answers without `expires_in`, which RFC 6749 §5.1 only recommends: long enough to be of use. */
const UNKNOWN_LIFE_SECONDS = 300;
const LONGEST_TEXT = 200;

/** One request with `grant_type=client_credentials` (RFC 6749 §4.4.2). @throws TokenError */
export async function requestToken(
  settings: TokenManagerSettings,
  endpoint: ProvingEndpoint,
  fetchJson: FetchJson,
): Promise<IssuedToken> {
  const { url } = endpoint;
  const { headers, parameters } = await authentication(
    settings.clientId,
    settings.credentials,
    endpoint,
    settings.clock,
  );
  const body = new URLSearchParams({ grant_type: "client_credentials", ...asked(settings), ...parameters });
  const answer = await fetchJson(url, {
    method: "POST",
    headers: { ...headers, "Content-Type": "application/x-www-form-urlencoded" },
    body: body.toString(),
  }).catch((cause: unknown) => {
    throw unreachable(url, cause);
  });
  if (answer.status === 200) return issuedToken(answer.body, url);
  throw refusal(url, answer.status, answer.body, retryAfterSeconds(answer.headers, settings.clock()));
}

function asked({
  scope,
  audience,
  resource,
  sendResource,
  parameters,
}: TokenManagerSettings): Readonly<Record<string, string>> {
  return {
    ...parameters,
    ...(scope === undefined || scope.length === 0 ? {} : { scope: scope.join(" ") }),
    ...(audience === undefined ? {} : { audience }),
    ...(resource === undefined || !sendResource ? {} : { resource }),
  };
}

const NUMBER = /^\d{1,12}$/;
const answered = z.object({
  // RFC 6750 §2.1: what goes into a header must be nothing but a token.
  access_token: z.string().regex(/^[A-Za-z0-9\-._~+/]+=*$/),
  token_type: z.string().regex(/^bearer$/i),
  // Some providers send the number as text.
  expires_in: z
    .union([z.number(), z.string().regex(NUMBER).transform(Number)])
    .refine((seconds) => seconds > 0)
    .nullish(),
});

function issuedToken(body: unknown, url: string): IssuedToken {
  const parsed = answered.safeParse(body);
  if (parsed.success) {
    const { access_token: value, expires_in: lifeSeconds } = parsed.data;
    return { value, lifeSeconds: lifeSeconds ?? UNKNOWN_LIFE_SECONDS };
  }
  // Only names are told: the values are what nobody may see.
  const members = parsed.error.issues.map(({ path }) => path.join(".")).filter(Boolean);
  throw new TokenError(
    "unusable_answer",
    `${url} answered 200 without a usable ${[...new Set(members)].join(" and ") || "JSON object"}.`,
    { status: 200 },
  );
}

const refused = z.object({ error: z.string(), error_description: z.string().optional().catch(undefined) });

function refusal(url: string, status: number, body: unknown, retryAfter: number | undefined): TokenError {
  const { data } = refused.safeParse(body);
  const isOutage = status >= 500 || status === 429 || status === 408;
  const code = data?.error ?? (isOutage ? "unreachable" : "unusable_answer");
  const said = data ? ` ${printable(data.error)}` : "";
  const why = data?.error_description === undefined ? "" : ` (${printable(data.error_description)})`;
  const hint = code === "invalid_client" ? " Check clientId and the secret or the key." : "";
  return new TokenError(code, `${url} answered ${status}${said}${why}.${hint}`, {
    status,
    // Credentials that are wrong do not get right, and some providers lock a client that tries on.
    passing: code !== "invalid_client" && (isOutage || code === "temporarily_unavailable"),
    retryAfterSeconds: retryAfter,
  });
}

/** It goes to a terminal or a log, and somebody else wrote it. */
function printable(words: string): string {
  return words.slice(0, LONGEST_TEXT).replace(/[^\x20-\x7E]/g, "?");
}
