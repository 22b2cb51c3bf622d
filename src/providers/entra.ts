import { z } from "zod";
import type { ProviderOptions } from "../config/provider-options.ts";
import { guid } from "../config/provider-values.ts";
import { CLIENT_ADDRESSES, definePreset } from "./preset.ts";
import { parseValues, text } from "./values.ts";

const APPLICATION_ID_URI =
  'the Application ID URI, such as "https://mcp.example.com/mcp" or "api://" and the client ID';

const values = z.strictObject({
  /** Directory (tenant) ID. One tenant: "common" would let in everybody who has an account at Microsoft. */
  tenant: guid("the Directory (tenant) ID"),
  /** Application (client) ID of the app registration that stands for this server. */
  clientId: guid("the Application (client) ID"),
  /** Its Application ID URI. Default `api://<client ID>`. */
  applicationIdUri: text(APPLICATION_ID_URI)
    .regex(/^[a-z][a-z0-9+.-]*:\/\/\S*[^/\s]$/i, `${APPLICATION_ID_URI}, without a slash at its end`)
    .optional(),
});

/**
 * Microsoft Entra ID, one tenant; tokens of version 1 and 2.
 * @example
 * ```ts
 * import { entra, protect } from "mcp-gatehouse";
 *
 * const resource = "https://mcp.example.com/mcp";
 * protect({
 *   ...entra({
 *     tenant: "8f4b0c1e-3b52-4a6e-9d2a-6f1f0a7c5e21",
 *     clientId: "c2a9d4f6-70b1-4e58-a1de-0b6f6f1d9a33",
 *     applicationIdUri: resource,
 *   }),
 *   resource,
 * });
 * ```
 * @throws ConfigurationError where a value is missing or wrong
 */
export function entra(given: z.input<typeof values>): ProviderOptions {
  return optionsOf(parseValues(values, given));
}

function optionsOf({ tenant, clientId, applicationIdUri }: z.output<typeof values>): ProviderOptions {
  const uri = applicationIdUri ?? `api://${clientId}`;
  const issuer = `https://login.microsoftonline.com/${tenant}/v2.0`;
  return {
    issuer,
    // The registration decides which version an access token has, whichever endpoint the client talks to.
    issuerAliases: [`https://sts.windows.net/${tenant}/`],
    // Version 2 always says the client ID; version 1 that, or the URI.
    audience: [clientId, uri],
    metadataUrl: `${issuer}/.well-known/openid-configuration`,
    scopePrefix: `${uri}/`,
    // An ID token for an application that is client and API at once has the same `aud`, but names no client.
    // Any program of the tenant gets one that names it; what it may do here, only those that were given something.
    accessTokenClaims: [
      ["azp", "appid"],
      ["scp", "roles"],
    ],
    // A program without a person has roles in place of scopes.
    // As the sign-in with Entra keeps it: `sub` differs for each app registration.
    claims: { scopes: ["scp", "roles"], client: ["azp", "appid"], subject: "oid" },
  };
}

export const entraPreset = definePreset({
  name: "entra",
  title: "Microsoft Entra ID",
  values,
  examples: {
    tenant: "8f4b0c1e-3b52-4a6e-9d2a-6f1f0a7c5e21",
    clientId: "c2a9d4f6-70b1-4e58-a1de-0b6f6f1d9a33",
  },
  defaults: (resource) => ({ applicationIdUri: resource }),
  options: optionsOf,
  explain: ({ clientId, tenant }, resource, { scopePrefix = "" }) => ({
    about:
      "Works with an app registration of one tenant, with access tokens of version 1 and 2. Clients cannot register\n" +
      "themselves: you make an app registration for each one.",
    console: "In the Microsoft Entra admin center",
    steps: [
      `**App registrations → New registration** for this server: accounts in this organizational directory only, no
   redirect URI. The overview shows the two IDs:

   \`\`\`text
   Directory (tenant) ID     ${tenant}
   Application (client) ID   ${clientId}
   \`\`\``,
      `**Expose an API → Application ID URI → Add**:

   \`\`\`text
   ${scopePrefix.slice(0, -1)}
   \`\`\`

   An \`https://\` URI must be on a verified domain of the tenant. If you have none, use the proposed
   \`api://${clientId}\`, leave \`applicationIdUri\` out, and see below what that means.`,
      `**Expose an API → Add a scope** for every scope that your tools need, such as \`todo:read\`. Clients ask for it by
   its full name, which the server's challenges and documents say; the server's own code still says \`todo:read\`:

   \`\`\`text
   ${scopePrefix}todo:read
   \`\`\``,
      `**Manifest**: set \`requestedAccessTokenVersion\` to \`2\`. With \`null\` the tokens are of version 1, which work
   too.`,
      `**App registrations → New registration** for the clients. Under **API permissions**, add the scopes of this
   server's registration and grant consent. Its redirect URIs are those of the clients (*Web* for those that have a
   secret, otherwise *Mobile and desktop applications*):

${CLIENT_ADDRESSES}`,
      "Enter its **Application (client) ID** (and secret) in the MCP client.",
    ],
    mind: [
      `MCP clients send \`resource=${resource}\`. Entra compares it with the scopes, and refuses
  the two together (AADSTS9010010) unless the Application ID URI is exactly that URL. With an \`api://\` URI, only clients that can leave
  \`resource\` out can connect.`,
      `Entra's metadata does not say \`code_challenge_methods_supported\`, although it supports PKCE. Clients that follow
  the MCP specification exactly refuse it for that.`,
      `The person is \`sub\`, which differs for each app registration. \`oid\`, the same throughout the tenant, is in
  \`auth.claims\`; to make it the person, put
  \`claims: { scopes: "scp", client: ["azp", "appid"], subject: "oid", person: "oid" }\` after the preset.`,
      `A program that acts for itself has application permissions in \`roles\`, which count as its scopes. A person's
  roles do not. A program that was given none is refused: Entra makes tokens for any program of the tenant.`,
    ],
  }),
});
