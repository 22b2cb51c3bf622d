import type { ProvingEndpoint } from "../platform/client-authentication.ts";
import { fetchJsonBy } from "../platform/fetch-json.ts";
import { findTokenEndpoint } from "./discovery.ts";
import { TokenError } from "./errors.ts";
import { fetchWithToken } from "./fetch-with-token.ts";
import { parseTokenManagerOptions, type TokenManagerOptions } from "./options.ts";
import { withRetries } from "./retry.ts";
import { requestToken } from "./token-request.ts";

/** Gets a program its access tokens, and keeps them while they are good. */
export type TokenManager = {
  /**
   * A token that is good now: the one at hand until shortly before its end, else a new one. However many ask at the same
   * time, there is one request.
   * @throws TokenError where there is none to be had
   */
  getToken(): Promise<string>;
  /** Says that a token was refused though it should be good; the next `getToken` gets another one. */
  refused(token: string): void;
  /**
   * `fetch` with the token, once more with a new one after a 401. A body that is a stream can be sent once only: then the
   * 401 is yours, and the next request has a new token. Redirects to another origin are followed without the token.
   * @throws TokenError, and whatever `fetch` throws
   */
  readonly fetch: typeof fetch;
  /** With {@link TokenManager.onUnauthorized}, what the SDK's transports take as `authProvider`. The same as `getToken`. */
  token(): Promise<string>;
  onUnauthorized(): Promise<void>;
};

type TokenManagerFactory = {
  (options: TokenManagerOptions): TokenManager;
  new (options: TokenManagerOptions): TokenManager;
};

/** The smaller of the two is how long before its end a token is renewed. */
const RENEW_BEFORE_SECONDS = 300;
const RENEW_BEFORE_PART = 0.1;
const ATTEMPTS = 4;
/** A token that still lives serves on so long after its renewal failed. */
const RENEW_AGAIN_MS = 30_000;
/** A server that refuses the token that was got because it had refused one does not want yet another. */
const REFUSED_AGAIN_MS = 30_000;

/**
 * Tokens for programs that act for themselves (`grant_type=client_credentials`), with or without `new`.
 *
 * @throws ConfigurationError for a wrong option, with what to write instead
 * @example
 * ```ts
 * import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
 * import { TokenManager } from "mcp-gatehouse/client";
 *
 * const tokens = new TokenManager({
 *   resource: "https://mcp.example.com/mcp",
 *   issuer: "https://mcp.example.com",
 *   clientId: process.env.CLIENT_ID ?? "",
 *   clientSecret: process.env.CLIENT_SECRET ?? "",
 * });
 *
 * const client = new Client({ name: "reports", version: "1.0.0" });
 * const url = new URL("https://mcp.example.com/mcp");
 * await client.connect(new StreamableHTTPClientTransport(url, { authProvider: tokens }));
 * ```
 */
// A function that returns an object can be called with `new` as well; the compiler cannot know.
export const TokenManager = createTokenManager as unknown as TokenManagerFactory;

/** Times are epoch milliseconds. */
type Kept = {
  readonly value: string;
  readonly obtainedAt: number;
  readonly renewAt: number;
  readonly expiresAt: number;
  /** It was got because another one had been refused. */
  readonly replacesRefused: boolean;
};

function createTokenManager(options: TokenManagerOptions): TokenManager {
  const settings = parseTokenManagerOptions(options);
  const { clock, allowInsecure } = settings;
  const fetchJson = fetchJsonBy(settings.fetch);
  let kept: Kept | undefined;
  let endpoint: ProvingEndpoint | undefined;
  let asking: Promise<string> | undefined;
  let wasRefused = false;

  const obtain = async (): Promise<Kept> => {
    endpoint ??= await findTokenEndpoint(settings, { fetch: settings.fetch, fetchJson, allowInsecure });
    // Before the request: its life may begin any time after this.
    const obtainedAt = clock();
    const { value, lifeSeconds } = await requestToken(settings, endpoint, fetchJson);
    const marginSeconds = Math.min(RENEW_BEFORE_SECONDS, lifeSeconds * RENEW_BEFORE_PART);
    return {
      value,
      obtainedAt,
      renewAt: obtainedAt + (lifeSeconds - marginSeconds) * 1000,
      expiresAt: obtainedAt + lifeSeconds * 1000,
      replacesRefused: wasRefused,
    };
  };

  const renew = async (): Promise<string> => {
    // Nobody waits long for a renewal that can wait itself.
    const attempts = kept && clock() < kept.expiresAt ? 1 : ATTEMPTS;
    try {
      kept = await withRetries(attempts, obtain, settings);
      wasRefused = false;
      return kept.value;
    } catch (error) {
      // It may have moved: the next attempt looks for it again.
      endpoint = undefined;
      const now = clock();
      if (!kept || now >= kept.expiresAt || !(error instanceof TokenError) || !error.passing) throw error;
      kept = { ...kept, renewAt: Math.min(now + RENEW_AGAIN_MS, kept.expiresAt) };
      return kept.value;
    }
  };

  const getToken = async (): Promise<string> => {
    if (kept && clock() < kept.renewAt) return kept.value;
    asking ??= renew().finally(() => {
      asking = undefined;
    });
    return asking;
  };

  const refused = (token: string): void => {
    if (kept?.value !== token) return;
    kept = undefined;
    wasRefused = true;
  };

  /** A 401 for this token: says whether another one is worth a try. */
  const answered401 = (token: string): boolean => {
    if (kept?.value !== token) return true;
    if (kept.replacesRefused && clock() - kept.obtainedAt < REFUSED_AGAIN_MS) return false;
    refused(token);
    return true;
  };

  return {
    getToken,
    refused,
    fetch: fetchWithToken({ fetch: settings.fetch, getToken, answered401, allowInsecure }),
    token: getToken,
    async onUnauthorized() {
      // Which token it was is not said. Of several requests at once, the first renews it for all of them.
      if (kept) answered401(kept.value);
    },
  };
}
