import { z } from "zod";
import type { ProviderOptions } from "../config/provider-options.ts";
import { CLIENT_ADDRESSES, definePreset } from "./preset.ts";
import { parseValues, texts } from "./values.ts";

const values = z.strictObject({
  /** The OAuth client IDs whose tokens open this server. Give it client IDs of its own. */
  clientIds: texts('OAuth client IDs, such as "1234567890-abc.apps.googleusercontent.com"'),
});

/**
 * Google accounts, for MCP clients that take a client ID and secret of Google's.
 *
 * Google's access tokens are opaque and say for which client they are, not for which server. Read docs/providers/google.md
 * before you choose this.
 * @example
 * ```ts
 * import { google, protect } from "mcp-gatehouse";
 *
 * protect({
 *   ...google({ clientIds: "1234567890-abc.apps.googleusercontent.com" }),
 *   resource: "https://mcp.example.com/mcp",
 *   supportedScopes: ["openid"],
 *   requiredScopes: ["openid"],
 * });
 * ```
 * @throws ConfigurationError where a value is missing or wrong
 */
export function google(given: z.input<typeof values>): ProviderOptions {
  return optionsOf(parseValues(values, given));
}

function optionsOf({ clientIds }: z.output<typeof values>): ProviderOptions {
  return {
    issuer: "https://accounts.google.com",
    audience: clientIds,
    metadataUrl: "https://accounts.google.com/.well-known/openid-configuration",
    tokeninfo: "https://oauth2.googleapis.com/tokeninfo",
    claims: { scopes: "scope", client: "azp" },
  };
}

export const googlePreset = definePreset({
  name: "google",
  title: "Google",
  values,
  examples: { clientIds: "1234567890-abc.apps.googleusercontent.com" },
  defaults: () => ({}),
  options: optionsOf,
  explain: ({ clientIds }) => ({
    about:
      "Identifies people by their Google account, and does no more than that: Google's access tokens are made for Google's\n" +
      "own APIs. Choose it only if the *Notes* below are acceptable; otherwise let a provider that signs people in\n" +
      "with Google (Auth0, Keycloak, Descope and others do) issue the tokens.",
    console: "In the Google Cloud console",
    beside: ['supportedScopes: ["openid"]', 'requiredScopes: ["openid"]'],
    steps: [
      `**Google Auth Platform → Audience**. *Internal* admits the people of your Google Workspace only. *External* admits
   everyone with a Google account, once the app is published: then decide in your own code, by \`person.id\`.`,
      `**Google Auth Platform → Clients → Create client**, type *Web application*, only for this server. Its authorized
   redirect URIs are those of the MCP clients:

${CLIENT_ADDRESSES}`,
      `The server accepts tokens that were issued to

   \`\`\`text
   ${[clientIds].flat().join("\n   ")}
   \`\`\``,
      "Enter its **Client ID** and **Client secret** in the MCP client. Google asks for the secret, PKCE or not.",
    ],
    mind: [
      `Google's tokens name the client, not the server. A client ID that is also used elsewhere, for a web site or another
  MCP server, opens this server to the other's tokens. One client ID, one server.`,
      `The tokens are opaque, and Google has no introspection (RFC 7662). Each new token is asked about once at
  \`tokeninfo\`, and then accepted until it expires, after at most an hour. Google states no quota for it. While Google cannot be
  reached, new tokens are answered 503.`,
      `You cannot define scopes: Google does not know \`todo:read\`, and refuses sign-ins that ask for it. Give tools no
  \`scopes\`. \`openid\` must be asked for, as the options do, or the answer names no person. Do not require \`email\`:
  Google reports it under another name.`,
      "Clients cannot register themselves, and only those that take a client ID and a secret can be used.",
      `MCP clients do not send \`access_type=offline\`, so Google issues no refresh token, and people sign in again every
  hour.`,
      "ID tokens are refused, as everywhere.",
    ],
  }),
});
