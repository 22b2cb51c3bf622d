import { z } from "zod";
import type { ProviderOptions } from "../config/provider-options.ts";
import { definePreset } from "./preset.ts";
import { audience, baseUrl, parseValues, segment } from "./values.ts";

const values = z.strictObject({
  /** The environment's URL. */
  environmentUrl: baseUrl,
  /** The id of the MCP server at Scalekit. */
  resourceId: segment('the resource id of the MCP server, such as "res_123456789"'),
  /** A further `aud` to accept: the name that was given to the audience. */
  audience: audience.optional(),
});

/**
 * Scalekit. Neither its SDK nor a secret is needed.
 * @example
 * ```ts
 * import { protect, scalekit } from "mcp-gatehouse";
 *
 * protect({
 *   ...scalekit({ environmentUrl: "https://acme.scalekit.com", resourceId: "res_123456789" }),
 *   resource: "https://mcp.example.com/mcp",
 * });
 * ```
 * @throws ConfigurationError where a value is missing or wrong
 */
export function scalekit(given: z.input<typeof values>): ProviderOptions {
  return optionsOf(parseValues(values, given));
}

function optionsOf({ environmentUrl, resourceId, audience }: z.output<typeof values>): ProviderOptions {
  return {
    // Each resource is an authorization server of its own.
    issuer: `${environmentUrl}/resources/${resourceId}`,
    // What tokens have said in `iss` until now; both are about while Scalekit moves from one to the other.
    issuerAliases: [environmentUrl],
    audience: [resourceId, ...[audience ?? []].flat()],
    jwksUri: `${environmentUrl}/keys`,
    claims: { scopes: ["scope", "scopes"] },
  };
}

export const scalekitPreset = definePreset({
  name: "scalekit",
  title: "Scalekit",
  values,
  examples: { environmentUrl: "https://acme.scalekit.com", resourceId: "res_123456789" },
  defaults: () => ({}),
  options: optionsOf,
  explain: ({ environmentUrl, resourceId, audience }, resource) => ({
    about: "Works with an MCP server that is registered at Scalekit. Clients register themselves.",
    console: "In the Scalekit Dashboard",
    steps: [
      `**MCP servers → Add MCP server**. Its name is what people see when they approve a client. Keep **dynamic client
   registration** and **Client ID Metadata Document (CIMD)** on. In the advanced settings, **Server URL** is

   \`\`\`text
   ${resource}
   \`\`\``,
      "There too: every scope that your tools need, such as `todo:read`.",
      `Its **Resource ID**, and the **Environment URL** under API credentials, are

   \`\`\`text
   SCALEKIT_RESOURCE_ID=${resourceId}
   SCALEKIT_ENVIRONMENT_URL=${environmentUrl}
   \`\`\``,
    ],
    environment: [
      `SCALEKIT_ENVIRONMENT_URL=${environmentUrl}`,
      `SCALEKIT_RESOURCE_ID=${resourceId}`,
      ...(audience === undefined ? [] : [`SCALEKIT_AUDIENCE_NAME=${[audience].flat().join(",")}`]),
    ],
    mind: [
      `The authorization server that clients are told is \`${environmentUrl}/resources/${resourceId}\`.
  Tokens say that or the environment's URL in \`iss\`, and both are accepted.`,
      `The audience is the resource id. Where tokens say something else, give it as \`audience\`
  (\`SCALEKIT_AUDIENCE_NAME\`).`,
    ],
  }),
});
