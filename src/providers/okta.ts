import { z } from "zod";
import type { ProviderOptions } from "../config/provider-options.ts";
import { host, segment } from "../config/provider-values.ts";
import { CLIENT_ADDRESSES, definePreset } from "./preset.ts";
import { audience, parseValues } from "./values.ts";

const values = z.strictObject({
  /** Your Okta domain, or the custom one that the authorization server's issuer shows. */
  domain: host("acme.okta.com"),
  /** The id of the custom authorization server. Default "default". */
  authorizationServerId: segment('the id of a custom authorization server, such as "default"').default(
    "default",
  ),
  /** The Audience of that authorization server. */
  audience,
});

/**
 * Okta, by a custom authorization server.
 * @example
 * ```ts
 * import { okta, protect } from "mcp-gatehouse";
 *
 * const resource = "https://mcp.example.com/mcp";
 * protect({ ...okta({ domain: "acme.okta.com", audience: resource }), resource });
 * ```
 * @throws ConfigurationError where a value is missing or wrong
 */
export function okta(given: z.input<typeof values>): ProviderOptions {
  return optionsOf(parseValues(values, given));
}

function optionsOf({ domain, authorizationServerId, audience }: z.output<typeof values>): ProviderOptions {
  const issuer = `https://${domain}/oauth2/${authorizationServerId}`;
  return {
    issuer,
    audience,
    metadataUrl: `${issuer}/.well-known/oauth-authorization-server`,
    // `sub` is the login name, which may be given to somebody else; without a person there is no `uid`.
    claims: { scopes: "scp", person: ["uid", "sub"], client: "cid" },
  };
}

export const oktaPreset = definePreset({
  name: "okta",
  title: "Okta",
  values,
  examples: { domain: "acme.okta.com", authorizationServerId: "default" },
  options: optionsOf,
  explain: ({ domain, audience }, _resource, { issuer }) => ({
    about:
      "Works with a custom authorization server, whose access tokens are JWTs. Clients do not register themselves:\n" +
      "you make a client ID for each one.",
    console: "In the Okta Admin Console",
    steps: [
      `**Security → API → Authorization Servers → Add Authorization Server**, or open an existing one. Set its
   **Audience** to

   \`\`\`text
   ${[audience].flat().join("\n   ")}
   \`\`\`

   Every token of this authorization server carries it, so give each MCP server its own authorization server.`,
      `Its **Settings** tab shows the **Issuer**. It must be

   \`\`\`text
   ${issuer}
   \`\`\`

   If it is another host, such as a custom domain, give that host as \`domain\`.`,
      "Its **Scopes** tab: **Add Scope** for every scope that your tools need, such as `todo:read`.",
      `Its **Access Policies** tab: a policy for the clients below, with a rule that allows the grant types
   Authorization Code and Refresh Token, and these scopes.`,
      `**Applications → Create App Integration → OIDC - OpenID Connect**: *Native Application* for clients without a
   secret, *Web Application* for those that take one. Assign the people who may use it. Its sign-in redirect URIs are
   those of the clients:

${CLIENT_ADDRESSES}`,
      "Enter its **Client ID** (and secret) in the MCP client.",
    ],
    mind: [
      `The org authorization server (issuer \`https://${domain}\`, without \`/oauth2/…\`) does not work: its access tokens
  are for Okta's own APIs.`,
      "Okta has a registration endpoint, but it asks for an administrator's API token, which MCP clients do not have.",
      `The person is \`uid\`, Okta's id. \`sub\` is the login name, which can change and be given to someone else; it
  counts only if a program acts for itself, without a person.`,
    ],
  }),
});
