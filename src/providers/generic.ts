import { z } from "zod";
import {
  allowInsecureIssuer,
  allowsInsecureIssuer,
  insecureIssuerOption,
  issuerUrl,
  secureUrls,
} from "../config/allow-insecure-issuer.ts";
import type { ProviderOptions } from "../config/provider-options.ts";
import { authorizationServerMetadataPaths } from "../core/metadata.ts";
import { definePreset } from "./preset.ts";
import { audience, parseValues } from "./values.ts";

const values = z
  .strictObject({
    /** Byte for byte what its tokens say in `iss`. */
    issuer: issuerUrl,
    audience,
    /** Where its keys are; found by discovery unless said. */
    jwksUri: issuerUrl.optional(),
    /** Where its metadata is, where it is at none of the usual places. */
    metadataUrl: issuerUrl.optional(),
    [allowInsecureIssuer]: insecureIssuerOption,
  })
  .check(secureUrls(["issuer"], ["jwksUri"], ["metadataUrl"]));

/**
 * Any OAuth 2.1 or OpenID provider whose access tokens are JWTs.
 * @example
 * ```ts
 * import { generic, protect } from "mcp-gatehouse";
 *
 * const resource = "https://mcp.example.com/mcp";
 * protect({ ...generic({ issuer: "https://idp.example.com", audience: resource }), resource });
 * ```
 * @throws ConfigurationError where a value is missing or wrong
 */
export function generic(given: z.input<typeof values>): ProviderOptions {
  return optionsOf(parseValues(values, given));
}

function optionsOf(parsed: z.output<typeof values>): ProviderOptions {
  const { issuer, audience, jwksUri, metadataUrl } = parsed;
  return {
    issuer,
    audience,
    ...(jwksUri !== undefined && { jwksUri }),
    ...(metadataUrl !== undefined && { metadataUrl }),
    ...(allowsInsecureIssuer(parsed) && { [allowInsecureIssuer]: true }),
  };
}

export const genericPreset = definePreset({
  name: "generic",
  title: "Any other provider",
  values,
  examples: { issuer: "https://idp.example.com" },
  options: optionsOf,
  explain: ({ issuer, audience }) => ({
    about:
      "Works with every OAuth 2.1 or OpenID provider whose access tokens are JWTs, signed with a key that it publishes. For\n" +
      "opaque tokens, also give `introspection: { clientId, clientSecret }` (RFC 7662), or a `verify` function.",
    console: "At the provider",
    steps: [
      `Make an API, a resource or a resource server (the name differs) whose audience or identifier is

   \`\`\`text
   ${[audience].flat().join("\n   ")}
   \`\`\``,
      "Define every scope that your tools need, such as `todo:read`.",
      `Let MCP clients register themselves, by Client ID Metadata Documents or dynamic client registration; or register them
   with their redirect URIs, and enter the client IDs in the clients.`,
      `Let them use the authorization code grant with PKCE (S256), and refresh tokens.`,
      `Look at the metadata. One of these must answer, with \`${issuer}\` as its \`issuer\`, byte for byte:

   \`\`\`sh
${authorizationServerMetadataPaths(issuer)
  .map((path) => `   curl ${new URL(issuer).origin}${path}`)
  .join("\n")}
   \`\`\``,
    ],
    mind: [
      `Look into a token: \`iss\` must be the issuer, \`aud\` must contain the audience, and \`scope\` (or \`scp\`, or
  \`permissions\`) the scopes. If other claims contain them, set \`claims\`.`,
      `A token must also show that it is an access token: the header's or the claim's \`typ\` says so (\`at+jwt\`, \`Bearer\`), or
  \`scope\`, \`scp\`, \`permissions\`, \`client_id\` or \`cid\` is present. If it has something else, name that in
  \`accessTokenClaims\`.`,
      `Don't use an audience that all of the provider's tokens share: another server's tokens would open this one.`,
      `MCP clients send \`resource\`. A provider that does not read it must put the audience into the token by itself; one that
  refuses it cannot serve them.`,
    ],
  }),
});
