import { z } from "zod";
import type { ProviderOptions } from "../config/provider-options.ts";
import { baseUrl, segment } from "../config/provider-values.ts";
import { definePreset } from "./preset.ts";
import { audience, parseValues } from "./values.ts";

const values = z
  .strictObject({
    /** The environment's URL. */
    environmentUrl: baseUrl,
    /** The id of the MCP server at Scalekit. */
    resourceId: segment('the resource id of the MCP server, such as "res_123456789"').optional(),
    /** A further `aud` to accept: the name that was given to the audience. Enough where there is no resource id. */
    audience: audience.optional(),
  })
  .refine(({ resourceId, audience }) => resourceId !== undefined || audience !== undefined, {
    path: ["resourceId"],
    error: "given, or audience must be: without either, every token of the environment would be accepted",
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

function optionsOf({ environmentUrl, resourceId, audience = [] }: z.output<typeof values>): ProviderOptions {
  const audiences = [resourceId ?? [], audience].flat();
  return {
    ...(resourceId === undefined
      ? { issuer: environmentUrl }
      : {
          // Each resource is an authorization server of its own.
          issuer: `${environmentUrl}/resources/${resourceId}`,
          // Tokens may still say the environment's URL in `iss` while Scalekit moves from one to the other.
          issuerAliases: [environmentUrl],
        }),
    audience: audiences,
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
  explain: ({ environmentUrl, resourceId, audience }, resource, { issuer }) => ({
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
   ${environmentOf({ environmentUrl, resourceId, audience }).join("\n   ")}
   \`\`\``,
    ],
    environment: environmentOf({ environmentUrl, resourceId, audience }),
    mind: [
      resourceId === undefined
        ? `Clients use \`${issuer}\` as the authorization server.`
        : `Clients use \`${issuer}\` as the authorization server.
  Tokens say that or the environment's URL in \`iss\`, and both are accepted.`,
      `The audience is the resource id. If tokens have something else, give it as \`audience\`
  (\`SCALEKIT_AUDIENCE_NAME\`). With only the name of the audience, the environment itself is the authorization server.`,
      `A \`.env\` file of Scalekit's own examples works as it is: \`RESOURCE_ID\` counts as \`SCALEKIT_RESOURCE_ID\`, and
  \`MCP_SERVER_URL\` is the URL that clients connect to. No client id or secret is needed.`,
    ],
  }),
});

function environmentOf({ environmentUrl, resourceId, audience }: z.output<typeof values>): readonly string[] {
  return [
    `SCALEKIT_ENVIRONMENT_URL=${environmentUrl}`,
    ...(resourceId === undefined ? [] : [`SCALEKIT_RESOURCE_ID=${resourceId}`]),
    ...(audience === undefined ? [] : [`SCALEKIT_AUDIENCE_NAME=${[audience].flat().join(",")}`]),
  ];
}
