import type { OidcSettings } from "../../../../config/sign-in/settings.ts";
import type { Clock } from "../../../../platform/clock.ts";
import { fetchJsonBy, fetchTextBy, type PlainFetch } from "../../../../platform/fetch-json.ts";
import { createDiscovery } from "../../../../platform/provider/discovery.ts";
import { createKeySet } from "../../../../platform/provider/key-set.ts";
import { toKeep } from "../kept-tokens.ts";
import type { UpstreamProvider } from "../provider.ts";
import { type LogoutParts, logoutRoute } from "./back-channel-logout.ts";
import { createEndpoints } from "./endpoints.ts";
import { exchange } from "./exchange.ts";
import { createIdTokenCheck } from "./id-token.ts";
import { fitsIssuer } from "./issuer-pattern.ts";
import { isNarrowed } from "./narrowed.ts";
import { OIDC, proofOf } from "./proof.ts";
import { withUserinfo } from "./userinfo.ts";

export type OidcParts = {
  readonly fetch: PlainFetch;
  readonly clock: Clock;
} & Omit<LogoutParts, "settings" | "keys">;

/** The authorization endpoint is a page: only the others are asked from here. */
const TIMEOUT_MS = 10_000;

/** An OpenID Connect provider (OpenID Connect Core 1.0). Nothing is fetched until the first person signs in. */
export function openOidc(settings: OidcSettings, parts: OidcParts): UpstreamProvider {
  const { clock } = parts;
  const { issuer, metadataUrl } = settings;
  const outside = { fetchJson: fetchJsonBy(parts.fetch), clock };
  const discovery = createDiscovery({ authorizationServer: issuer, issuer, metadataUrl }, outside);
  const endpoints = createEndpoints(settings, discovery, fetchTextBy(parts.fetch, TIMEOUT_MS), clock);
  const keys = createKeySet(endpoints.jwksUri, outside);
  const checkIdToken = createIdTokenCheck(settings, keys);
  // Each tenant of Entra is an issuer of its own, and none of them tells others of a logout.
  const isOneIssuer = !issuer.includes("{");
  return {
    authorizationUrl: endpoints.authorizationUrl,
    async prove(answer) {
      const tokens = await exchange(answer, endpoints);
      const claims = await checkIdToken(tokens.idToken, answer.visit);
      const told = await withUserinfo(claims, tokens.accessToken, settings, endpoints);
      const proof = proofOf({ claims, told }, settings, clock());
      return {
        ...proof,
        isNarrowed: isNarrowed(settings.scopes, tokens.scope),
        keeps: toKeep(tokens, settings),
      };
    },
    proves: (identity) => identity.method === OIDC && fitsIssuer(identity.issuer, issuer),
    routes: isOneIssuer ? [logoutRoute({ ...parts, settings, keys })] : [],
  };
}
