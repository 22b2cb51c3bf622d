import { z } from "zod";
import type { OAuthUpstream } from "../../config/upstreams/settings.ts";
import { OAuthError } from "../../core/errors.ts";
import { masked } from "../../core/masked.ts";
import { shown } from "../../core/shown.ts";
import { authentication } from "../../platform/client-authentication.ts";
import type { Clock } from "../../platform/clock.ts";
import type { FetchText, JsonRequest } from "../../platform/fetch-json.ts";
import { WRONG_CREDENTIALS } from "../sign-in/upstream/provider.ts";
import { UpstreamFailure, type UpstreamTokens } from "./service.ts";

export type TokenEndpoint = {
  readonly url: string;
  /** Undefined where only the endpoint is known. */
  readonly issuer: string | undefined;
  /** The ways to prove a client that its metadata name; undefined where nothing says it. */
  readonly methods: readonly string[] | undefined;
};

type Asked = Pick<OAuthUpstream, "clientId" | "credentials" | "deadCodes">;

const LONGEST_TOKEN = 16_384;
/** It goes into a header: what is longer, or has other characters, is no token of ours to use. */
const token = z
  .string()
  .max(LONGEST_TOKEN)
  .regex(/^[\x21-\x7e]+$/);
const TEN_YEARS_SECONDS = 10 * 365 * 24 * 60 * 60;
/** What can't be read beside the token counts as not said: a refresh token that is spent does not come back. */
const granted = z.looseObject({
  access_token: token,
  token_type: z.unknown().refine(isBearer).optional(),
  refresh_token: token.optional().catch(undefined),
  // Some write a number as a text, and scopes as a list.
  expires_in: z.coerce.number().positive().max(TEN_YEARS_SECONDS).optional().catch(undefined),
  scope: z
    .union([z.string(), z.array(z.string())])
    .optional()
    .catch(undefined),
});
const refused = z.looseObject({ error: z.string() });

/**
 * Asks a token endpoint (RFC 6749 §4.1.3, §6).
 * @throws UpstreamFailure without a code, a token or a secret in it
 */
export async function requestTokens(
  endpoint: TokenEndpoint,
  parameters: Readonly<Record<string, string>>,
  { clientId, credentials, deadCodes }: Asked,
  { fetchText, clock }: { readonly fetchText: FetchText; readonly clock: Clock },
): Promise<UpstreamTokens> {
  const proof = await authentication(clientId, credentials, endpoint, clock);
  const { status, body, text } = await askJson(fetchText, endpoint.url, {
    method: "POST",
    headers: { ...proof.headers },
    body: new URLSearchParams({ ...parameters, ...proof.parameters }),
  });
  const tokens = granted.safeParse(body);
  if (status === 200 && tokens.success) return tokensOf(tokens.data);
  // GitHub answers errors with 200.
  const error = refused.safeParse(body).data?.error;
  const secrets = [...Object.values(parameters), ...Object.values(proof.parameters)];
  const said = error === undefined ? "" : ` ${masked(shown(error), secrets)}`;
  const unusable = status === 200 && error === undefined ? `: ${whyUnusable(body, text)}` : "";
  const answered = `the token endpoint answered ${status}${said}${masked(unusable, secrets)}`;
  if (status >= 500 || status === 429) throw new UpstreamFailure("no_answer", answered);
  if (error === "temporarily_unavailable" || error === "server_error") {
    throw new UpstreamFailure("no_answer", answered);
  }
  if (error === "invalid_grant" || (error !== undefined && deadCodes.includes(error))) {
    throw new UpstreamFailure("dead", answered);
  }
  const isUnknown = error === "invalid_client" || error === "incorrect_client_credentials";
  throw new UpstreamFailure("wrong_answer", `${answered}${isUnknown ? WRONG_CREDENTIALS : ""}`);
}

/**
 * A client must not use a token of a type that it does not know (RFC 6749 §7.1). The case does not count (§5.1), and some services say no
 * type. Slack says whose token it is instead; both kinds are sent as bearer tokens.
 */
function isBearer(type: unknown): boolean {
  return type == null || (typeof type === "string" && BEARER.has(type.toLowerCase()));
}

const BEARER: ReadonlySet<string> = new Set(["bearer", "bot", "user"]);

/** Why an answer that looks like success has no token for us, and what would be right. Nothing of a token is in it. */
function whyUnusable(body: unknown, text: string): string {
  if (body === undefined) {
    const what = /(?:^|&)access_token=/.test(text) ? "is a form" : "isn't JSON";
    return `the answer ${what}; it must be JSON with an access_token (RFC 6749 §5.1)`;
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    return "the answer isn't a JSON object; it must be one with an access_token (RFC 6749 §5.1)";
  }
  const { access_token: given, token_type: type } = body as Readonly<Record<string, unknown>>;
  if (given === undefined) return "access_token is missing; it must be text (RFC 6749 §5.1)";
  if (typeof given !== "string") {
    return `access_token is ${given === null ? "null" : typeof given}; it must be text (RFC 6749 §5.1)`;
  }
  if (given === "") return "access_token is empty";
  if (given.length > LONGEST_TOKEN) {
    return `access_token has ${given.length} characters; the limit is ${LONGEST_TOKEN}`;
  }
  if (!isBearer(type)) return `token_type is ${shown(type)}; it must be "Bearer" (RFC 6749 §7.1)`;
  return "access_token has characters that a header can't carry; it must be visible ASCII without spaces";
}

function tokensOf({
  access_token,
  refresh_token,
  expires_in,
  scope,
}: z.infer<typeof granted>): UpstreamTokens {
  const scopes = typeof scope === "string" ? scope.split(/[\s,]+/) : scope;
  return {
    accessToken: access_token,
    refreshToken: refresh_token,
    expiresInSeconds: expires_in === undefined ? undefined : Math.ceil(expires_in),
    scopes: scopes?.filter((one) => /^[\x21-\x7e]{1,200}$/.test(one)),
  };
}

/**
 * Asks a service, and reads JSON. The body is undefined for what is none.
 * @throws UpstreamFailure where it can't be reached
 */
export async function askJson(
  fetchText: FetchText,
  url: string,
  request: JsonRequest,
): Promise<{ readonly status: number; readonly body: unknown; readonly text: string }> {
  const headers = { Accept: "application/json", "User-Agent": "mcp-gatehouse", ...request.headers };
  try {
    const { status, text } = await fetchText(url, { ...request, headers });
    return { status, body: parse(text), text };
  } catch (cause) {
    if (!(cause instanceof OAuthError)) throw cause;
    throw new UpstreamFailure("no_answer", cause.detail ?? cause.message, { cause });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
