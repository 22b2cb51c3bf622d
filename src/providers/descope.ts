import { z } from "zod";
import type { ProviderOptions } from "../config/provider-options.ts";
import { baseUrl, segment } from "../config/provider-values.ts";
import { definePreset } from "./preset.ts";
import { audience, parseValues } from "./values.ts";

const values = z.strictObject({
  projectId: segment('the project ID, such as "P2abcdefghijklmnopqrstuvwxyz"'),
  mcpServerId: segment('the MCP server ID, such as "MS2abcdefghijklmnopqrstuvwxyz"'),
  /** The MCP Server URL at Descope. */
  audience,
  /** Your custom domain. Default "https://api.descope.com". */
  baseUrl: baseUrl.default("https://api.descope.com"),
});

/**
 * Descope, by an MCP server of its Agentic Identity Hub.
 * @example
 * ```ts
 * import { descope, protect } from "mcp-gatehouse";
 *
 * const resource = "https://mcp.example.com/mcp";
 * protect({
 *   ...descope({
 *     projectId: "P2abcdefghijklmnopqrstuvwxyz",
 *     mcpServerId: "MS2abcdefghijklmnopqrstuvwxyz",
 *     audience: resource,
 *   }),
 *   resource,
 * });
 * ```
 * @throws ConfigurationError where a value is missing or wrong
 */
export function descope(given: z.input<typeof values>): ProviderOptions {
  return optionsOf(parseValues(values, given));
}

function optionsOf({ projectId, mcpServerId, audience, baseUrl }: z.output<typeof values>): ProviderOptions {
  const issuer = `${baseUrl}/v1/apps/agentic/${projectId}/${mcpServerId}`;
  return {
    issuer,
    // Which of the two a token says depends on how it was made.
    issuerAliases: [`${baseUrl}/v1/apps/${projectId}`],
    audience,
    jwksUri: `${baseUrl}/${projectId}/.well-known/jwks.json`,
    metadataUrl: `${issuer}/.well-known/openid-configuration`,
    claims: { scopes: "scope" },
  };
}

export const descopePreset = definePreset({
  name: "descope",
  title: "Descope",
  values,
  examples: { projectId: "P2abcdefghijklmnopqrstuvwxyz", mcpServerId: "MS2abcdefghijklmnopqrstuvwxyz" },
  options: optionsOf,
  explain: ({ audience, projectId }, _resource, { issuer }) => ({
    about: "Works with an MCP server of the Agentic Identity Hub. Clients register themselves.",
    console: "In the Descope Console",
    steps: [
      `**Resources**: add a resource of the type *MCP Server*. Its **MCP Server URL** becomes the audience of its tokens:

   \`\`\`text
   ${[audience].flat().join("\n   ")}
   \`\`\``,
      "Its scopes: every one that your tools need, such as `todo:read`.",
      `**Agentic Identity Hub → MCP Servers**, its settings: dynamic client registration is on; turn **CIMD** on as well.
   The **Issuer** that is shown must be

   \`\`\`text
   ${issuer}
   \`\`\``,
    ],
    mind: [
      `Tokens say that issuer, or the project's, in \`iss\`; both are accepted. Those of tenants (cross-app access) say a third
  one: add it to \`issuerAliases\`.`,
      `Every token of the project also has the project ID in \`aud\`. Do not accept that one:
  \`${projectId}\` would open this server to the tokens of every other one of the project.`,
    ],
  }),
});
