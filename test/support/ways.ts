import { type ProviderOptions, parseProviders } from "../../src/config/provider-options.ts";
import { fetchJson } from "../../src/platform/fetch-json.ts";
import type { Verification } from "../../src/resource-server/guard.ts";
import { openProvider } from "../../src/resource-server/provider/provider-verifier.ts";
import { AUDIENCE, type Issuer, startIssuer } from "./issuer.ts";

/** The three ways in which the claims of a provider's token come to be known. */
export const WAYS = ["as a JWT", "by introspection", "by verify"] as const;
export type Way = (typeof WAYS)[number];

export type Claims = Readonly<Record<string, unknown>>;

export type Presented = {
  readonly issuer: Issuer;
  /** Presents a token with these claims over sound ones; a claim that is undefined is left out. */
  present(claims: Claims, header?: Claims): Promise<Verification>;
};

/**
 * A provider whose tokens are presented in one of the ways.
 * @param options beside those that the way needs; an issuer of theirs is what tokens say, wherever the provider is
 */
export async function openWay(
  way: Way,
  now: number,
  options: Partial<ProviderOptions> = {},
): Promise<Presented> {
  const issuer = await startIssuer(() => now);
  if (options.issuer !== undefined) issuer.metadata.issuer = options.issuer;
  const told = new Map<string, Claims>();
  const [provider] = parseProviders(
    {
      issuer: issuer.url,
      audience: AUDIENCE,
      ...options,
      metadataUrl: `${issuer.url}/.well-known/openid-configuration`,
      jwksUri: `${issuer.url}/jwks`,
      ...(way === "by introspection" && { introspection: { clientId: "rs", clientSecret: "s+cret" } }),
      ...(way === "by verify" && { verify: (token: string) => told.get(token) }),
    },
    AUDIENCE,
  );
  const { verify } = openProvider(provider, { fetchJson, clock: () => now });
  return {
    issuer,
    async present(claims, header = {}) {
      if (way === "as a JWT") return verify(await issuer.mint(claims, header));
      const token = `opaque-${Math.random()}`;
      const seconds = Math.floor(now / 1000);
      const sound = { iss: issuer.url, aud: AUDIENCE, sub: "ada", client_id: "client", scope: "mcp" };
      const said = { active: true, ...sound, iat: seconds, exp: seconds + 600, jti: token, ...claims };
      // As it would come over the network: a number is what JSON makes of it.
      told.set(token, JSON.parse(JSON.stringify(said)));
      issuer.opaque.set(token, said);
      return verify(token);
    },
  };
}
