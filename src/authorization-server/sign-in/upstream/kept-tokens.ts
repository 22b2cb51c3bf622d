import type { KeepTokens } from "../../../config/sign-in/settings.ts";
import type { UpstreamTokens } from "../../upstreams/service.ts";

/** Tokens that a sign-in brought, and the upstream for which they are kept. Never to be logged, or carried in an address. */
export type TokensToKeep = {
  /** The name of the upstream. */
  readonly as: string;
  readonly tokens: UpstreamTokens;
};

type Asking = { readonly scopes: readonly string[]; readonly keepTokens: KeepTokens | undefined };

/** The scopes of a sign-in, and those of the tokens that are kept. */
export function scopesToAsk({ scopes, keepTokens }: Asking): readonly string[] {
  return [...new Set([...scopes, ...(keepTokens?.scopes ?? [])])];
}

/**
 * What is kept of the tokens that a sign-in brought; undefined where nothing is.
 * @param given.scope as the token endpoint says it; undefined where it is what was asked for (RFC 6749 §5.1)
 */
export function toKeep(
  given: Omit<UpstreamTokens, "scopes"> & { readonly scope: string | undefined },
  asking: Asking,
): TokensToKeep | undefined {
  const { keepTokens } = asking;
  if (!keepTokens) return undefined;
  const { accessToken, refreshToken, expiresInSeconds, scope } = given;
  // GitHub separates them by commas.
  const scopes = scope === undefined ? scopesToAsk(asking) : scope.split(/[\s,]+/).filter(Boolean);
  return { as: keepTokens.as, tokens: { accessToken, refreshToken, expiresInSeconds, scopes } };
}
