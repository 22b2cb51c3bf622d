import { z } from "zod";
import type { ProviderOptions } from "../config/provider-options.ts";
import { host } from "../config/provider-values.ts";
import { definePreset } from "./preset.ts";
import { audience, parseValues } from "./values.ts";

const values = z.strictObject({
  /** The AuthKit domain, or your custom one. */
  domain: host("acme.authkit.app"),
  /** The MCP resource indicator. */
  audience,
});

/**
 * WorkOS AuthKit.
 * @example
 * ```ts
 * import { protect, workos } from "mcp-gatehouse";
 *
 * const resource = "https://mcp.example.com/mcp";
 * protect({ ...workos({ domain: "acme.authkit.app", audience: resource }), resource });
 * ```
 * @throws ConfigurationError where a value is missing or wrong
 */
export function workos(given: z.input<typeof values>): ProviderOptions {
  return optionsOf(parseValues(values, given));
}

function optionsOf({ domain, audience }: z.output<typeof values>): ProviderOptions {
  const issuer = `https://${domain}`;
  return {
    issuer,
    audience,
    // Its metadata does not name the keys in every form.
    jwksUri: `${issuer}/oauth2/jwks`,
    metadataUrl: `${issuer}/.well-known/oauth-authorization-server`,
  };
}

export const workosPreset = definePreset({
  name: "workos",
  title: "WorkOS AuthKit",
  values,
  examples: { domain: "acme.authkit.app" },
  options: optionsOf,
  explain: ({ domain, audience }) => ({
    about: "Works with AuthKit as the authorization server. Clients register themselves.",
    console: "In the WorkOS Dashboard",
    steps: [
      `**Connect → Configuration**: enable **Client ID Metadata Document (CIMD)**, and **Dynamic Client Registration** for
   clients that know only that.`,
      `There too, under **MCP resource indicators**, add

   \`\`\`text
   ${[audience].flat().join("\n   ")}
   \`\`\``,
      `The AuthKit domain is shown there, or under **Domains**:

   \`\`\`text
   ${domain}
   \`\`\``,
    ],
    mind: [
      `A token that is refused with "wrong audience: got client_…" was asked for without \`resource\`, or the resource
  indicator above is missing: AuthKit then puts the environment's own id into \`aud\`, which every MCP server of the
  environment shares. Do not accept that one.`,
      `The session tokens of your web application (issuer \`https://api.workos.com/…\`) are others, and are refused.`,
      `AuthKit offers OpenID's scopes (\`openid\`, \`profile\`, \`email\`, \`offline_access\`). If tools need your own
  scopes, look into your tokens, and name the claim that has them in \`claims.scopes\`.`,
    ],
  }),
});
