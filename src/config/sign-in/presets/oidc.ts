import { secureUrls } from "../../allow-insecure-issuer.ts";
import { defineSignIn, oidcSettings, type SignInDefinition } from "../definition.ts";
import { oidcOptions } from "../oidc-options.ts";
import type { OidcSettings } from "../settings.ts";

export const oidcSignIn: SignInDefinition<typeof oidcOptions, OidcSettings> = defineSignIn({
  name: "oidc",
  title: "Any OpenID Connect provider",
  options: oidcOptions,
  checks: secureUrls(["issuer"], ["metadataUrl"]),
  settings: (parsed, label) =>
    oidcSettings(parsed, label, {
      usual: { name: "oidc", label: new URL(parsed.issuer).host },
      people: parsed.members ? "members" : "public",
      issuer: parsed.issuer,
      metadataUrl:
        parsed.metadataUrl ?? `${parsed.issuer.replace(/\/$/, "")}/.well-known/openid-configuration`,
      subject: parsed.subject ?? "sub",
      emailVerified: parsed.emailVerified ?? "claim",
      newSignIn: parsed.newSignIn ?? "auth_time",
      leewaySeconds: parsed.leewaySeconds,
      secretMethod: parsed.authentication,
    }),
});
