import { publicJson } from "../../http/responses.ts";
import type { Route } from "../../http/route.ts";
import { JWKS_MAX_AGE_SECONDS, type SigningKeys } from "./signing-keys.ts";

/** GET /oauth/jwks (RFC 7517 §5). */
export function jwksRoute(keys: Pick<SigningKeys, "jwks">): Route {
  return {
    name: "jwks",
    paths: ["/oauth/jwks"],
    methods: { GET: async () => publicJson(keys.jwks(), JWKS_MAX_AGE_SECONDS) },
    refusals: "json",
    cors: "*",
    metadata: "jwks_uri",
  };
}
