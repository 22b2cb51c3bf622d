import { z } from "zod";
import type { ProviderOptions } from "../config/provider-options.ts";
import { host } from "../config/provider-values.ts";
import { definePreset } from "./preset.ts";
import { audience, parseValues } from "./values.ts";

const values = z.strictObject({
  /** The tenant's domain, or your custom one. */
  domain: host("acme.eu.auth0.com"),
  /** The Identifier of the API. */
  audience,
});

/**
 * Auth0.
 * @example
 * ```ts
 * import { auth0, protect } from "mcp-gatehouse";
 *
 * const resource = "https://mcp.example.com/mcp";
 * protect({ ...auth0({ domain: "acme.eu.auth0.com", audience: resource }), resource });
 * ```
 * @throws ConfigurationError where a value is missing or wrong
 */
export function auth0(given: z.input<typeof values>): ProviderOptions {
  return optionsOf(parseValues(values, given));
}

function optionsOf({ domain, audience }: z.output<typeof values>): ProviderOptions {
  return {
    // The slash belongs to it.
    issuer: `https://${domain}/`,
    audience,
    metadataUrl: `https://${domain}/.well-known/openid-configuration`,
    claims: { scopes: ["scope", "permissions"], client: ["client_id", "azp"] },
  };
}

export const auth0Preset = definePreset({
  name: "auth0",
  title: "Auth0",
  values,
  examples: { domain: "acme.eu.auth0.com" },
  options: optionsOf,
  explain: ({ audience }) => ({
    about:
      "Works with your API at Auth0, whose access tokens are JWTs. Clients can register themselves if you let them.",
    console: "In the Auth0 Dashboard",
    steps: [
      `**Applications → APIs → Create API**. The **Identifier** cannot be changed later. It is

   \`\`\`text
   ${[audience].flat().join("\n   ")}
   \`\`\`

   and the signing algorithm RS256.`,
      "Its **Permissions** tab: add every scope that your tools need, such as `todo:read`.",
      `**Settings → Advanced**: turn on **Resource Parameter Compatibility Profile**. MCP clients say in \`resource\`
   what a token is for; without this, Auth0 reads only its own \`audience\`. Turn on **Include Issuer in Authorization
   Responses** too.`,
      `For clients that register themselves, also there: **OIDC Dynamic Application Registration**. Such clients are
   third-party applications: they can use only connections at the domain level (**Authentication**, the connection,
   its settings), and only APIs that let them.`,
      `Otherwise **Applications → Create Application** for each client, with its callback URL (claude.ai:
   \`https://claude.ai/api/mcp/auth_callback\`), and enter its Client ID in the MCP client.`,
    ],
    mind: [
      `A token that is refused with "not a JWT" was not made for an API: the client sent no \`resource\`, or the compatibility
  profile is off. **Settings → General → Default Audience** helps older clients.`,
      `With role-based access control on the API, \`scope\` contains what was asked for and allowed. \`permissions\` counts
  only if there is no \`scope\`.`,
    ],
  }),
});
