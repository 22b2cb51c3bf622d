import { z } from "zod";
import {
  allowInsecureIssuer,
  allowsInsecureIssuer,
  insecureIssuerOption,
  secureUrls,
} from "../config/allow-insecure-issuer.ts";
import type { ProviderOptions } from "../config/provider-options.ts";
import { ownBaseUrl, segment } from "../config/provider-values.ts";
import { definePreset } from "./preset.ts";
import { audience, parseValues } from "./values.ts";

const values = z
  .strictObject({
    /** Where Keycloak is, with `/auth` at its end where it was installed below that. */
    url: ownBaseUrl,
    realm: segment('the name of a realm, such as "acme"'),
    /** What the audience mapper puts into tokens. */
    audience,
    [allowInsecureIssuer]: insecureIssuerOption,
  })
  .check(secureUrls(["url"]));

/**
 * Keycloak.
 * @example
 * ```ts
 * import { keycloak, protect } from "mcp-gatehouse";
 *
 * const resource = "https://mcp.example.com/mcp";
 * protect({ ...keycloak({ url: "https://sso.example.com", realm: "acme", audience: resource }), resource });
 * ```
 * @throws ConfigurationError where a value is missing or wrong
 */
export function keycloak(given: z.input<typeof values>): ProviderOptions {
  return optionsOf(parseValues(values, given));
}

function optionsOf(parsed: z.output<typeof values>): ProviderOptions {
  const { url, realm, audience } = parsed;
  const issuer = `${url}/realms/${realm}`;
  return {
    issuer,
    audience,
    metadataUrl: `${issuer}/.well-known/openid-configuration`,
    claims: { scopes: "scope", client: ["client_id", "azp"] },
    ...(allowsInsecureIssuer(parsed) && { [allowInsecureIssuer]: true }),
  };
}

export const keycloakPreset = definePreset({
  name: "keycloak",
  title: "Keycloak",
  values,
  examples: { url: "https://sso.example.com", realm: "acme" },
  options: optionsOf,
  explain: ({ audience }) => ({
    about:
      "Works with a realm and a client scope that has an audience mapper. Clients can register themselves if the realm's\n" +
      "policies let them.",
    console: "In the Keycloak Admin Console, in the realm",
    steps: [
      `**Client scopes → Create client scope** for every scope that your tools need, such as \`todo:read\`: type *Optional*,
   and **Include in token scope** on.`,
      `In each of them **Mappers → Configure a new mapper → Audience**, with **Add to access token** on,
   **Add to ID token** off, and as **Included Custom Audience**

   \`\`\`text
   ${[audience].flat().join("\n   ")}
   \`\`\``,
      `For clients that register themselves: **Clients → Client registration → Anonymous access policies**. *Allowed
   Client Scopes* must have the scopes above, *Trusted Hosts* the hosts that register, and *Allowed Registration Web
   Origins* the origins of clients in a browser, such as \`http://localhost:6274\` for MCP Inspector.`,
      `Otherwise **Clients → Create client** for each MCP client, with its redirect URIs (claude.ai:
   \`https://claude.ai/api/mcp/auth_callback\`) and, under **Client scopes**, the scopes above. Enter its Client ID
   in the MCP client.`,
    ],
    mind: [
      `Without the mapper, Keycloak's tokens have no audience and are refused with "wrong audience". A client
  that asks for none of the scopes gets no audience either: name at least one in \`requiredScopes\`, so that every client
  asks for it.`,
      `Keycloak does not read \`resource\`, unless it was started with \`--features=resource-indicators\` (experimental). Client
  ID Metadata Documents need \`--features=cimd\` (experimental).`,
      `The issuer is the address that Keycloak has for itself. If tokens are refused with "wrong issuer", set its
  \`hostname\` option.`,
      `In a cluster, keys can come over plain HTTP: \`jwksUri: "http://keycloak:8080/realms/…/protocol/openid-connect/certs"\`
  with \`[allowInsecureIssuer]: true\`, on a network that only you use.`,
      `Realm roles can count as scopes: \`claims: { scopes: ["realm_access.roles", "scope"] }\`.`,
    ],
  }),
});
