import { z } from "zod";
import type { ProviderOptions } from "../config/provider-options.ts";
import { ConfigurationError } from "../core/errors.ts";
import { CLIENT_ADDRESSES, definePreset } from "./preset.ts";
import { audience, parseValues, text, texts } from "./values.ts";

const POOL = 'a user pool ID, such as "eu-central-1_AbCdEfGhI"';

const values = z.strictObject({
  /** The user pool's ID; the region stands before its underscore. */
  userPoolId: z.string(POOL).regex(/^[a-z]{2}(-[a-z]+)+-\d+_[A-Za-z0-9]+$/, POOL),
  /** What is in `aud`: the resource that the client asked for (Essentials and Plus plans, with managed login). */
  audience: audience.optional(),
  /** In its place, where tokens have no `aud`: the app clients whose tokens open this server. */
  clientIds: texts("app client IDs, as text or a list of texts").optional(),
  /** The identifier of the resource server, which stands before its scopes. Default: the first audience. */
  resourceServerId: text("the identifier of a resource server").optional(),
});

/**
 * Amazon Cognito user pools. Give `audience` where clients can ask for a resource, else `clientIds`.
 * @example
 * ```ts
 * import { cognito, protect } from "mcp-gatehouse";
 *
 * const resource = "https://mcp.example.com/mcp";
 * protect({ ...cognito({ userPoolId: "eu-central-1_AbCdEfGhI", audience: resource }), resource });
 * ```
 * @throws ConfigurationError where a value is missing or wrong
 */
export function cognito(given: z.input<typeof values>): ProviderOptions {
  return optionsOf(parseValues(values, given));
}

function optionsOf(parsed: z.output<typeof values>): ProviderOptions {
  const { userPoolId, audience, clientIds } = parsed;
  const [region = ""] = userPoolId.split("_");
  const issuer = `https://cognito-idp.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}/${userPoolId}`;
  const scopes = { scopePrefix: prefixOf(parsed) };
  const shared = { issuer, metadataUrl: `${issuer}/.well-known/openid-configuration`, ...scopes };
  if (audience !== undefined && clientIds === undefined) {
    return { ...shared, audience, claims: { scopes: "scope", client: "client_id" } };
  }
  if (clientIds !== undefined && audience === undefined) {
    // ID tokens have the client in `aud` and no `client_id`, so that they fail here too.
    return {
      ...shared,
      audience: clientIds,
      claims: { scopes: "scope", client: "client_id", audience: "client_id" },
    };
  }
  throw new ConfigurationError(
    audience === undefined
      ? "The audience is missing. Give audience, the resource that clients ask for, or clientIds if the user pool puts none into its tokens."
      : "audience and clientIds are both given. Keep audience if tokens have aud, otherwise clientIds.",
  );
}

function prefixOf({ audience, resourceServerId }: z.output<typeof values>): string {
  const [first] = [audience ?? []].flat();
  const id = resourceServerId ?? first;
  return id === undefined ? "" : `${id}/`;
}

export const cognitoPreset = definePreset({
  name: "cognito",
  title: "Amazon Cognito",
  values,
  examples: { userPoolId: "eu-central-1_AbCdEfGhI" },
  defaults: (resource, { clientIds }) =>
    clientIds === undefined ? { audience: resource } : { resourceServerId: resource },
  options: optionsOf,
  explain: ({ audience, clientIds }, _resource, { scopePrefix = "" }) => ({
    about:
      "Works with a user pool, whose access tokens are JWTs. Clients cannot register themselves: you make an app\n" +
      "client for each one.",
    console: "In the Amazon Cognito console, in the user pool",
    steps: [
      `**Branding → Domain**: there must be one, with managed login. The Essentials or Plus feature plan puts the resource
   that a client asks for into \`aud\`; with Lite, give \`clientIds\` instead of \`audience\`.`,
      `**Branding → Domain → Resource servers → Create resource server**. Its identifier:

   \`\`\`text
   ${scopePrefix.slice(0, -1)}
   \`\`\`

   and a custom scope for every scope that your tools need, such as \`todo:read\`. Clients ask for it by its full name,
   which the server's challenges and documents say; the server's own code still says \`todo:read\`:

   \`\`\`text
   ${scopePrefix}todo:read
   \`\`\``,
      `**Applications → App clients → Create app client**: without a secret for public clients, otherwise with one. Under
   **Login pages**: Authorization code grant, the custom scopes, and the callback URLs of the clients:

${CLIENT_ADDRESSES}`,
      "Enter its **Client ID** (and secret) in the MCP client.",
      audience === undefined
        ? `The server accepts tokens that were issued to the app clients

   \`\`\`text
   ${[clientIds ?? []].flat().join("\n   ")}
   \`\`\``
        : `The server accepts tokens whose \`aud\` is

   \`\`\`text
   ${[audience].flat().join("\n   ")}
   \`\`\`

   which is what MCP clients send in \`resource\`.`,
    ],
    mind: [
      `Cognito's metadata does not say \`code_challenge_methods_supported\`, although it supports PKCE. Clients that follow
  the MCP specification exactly refuse it for that.`,
      `With \`clientIds\`, tokens are bound to a client and not to this server: an app client that is also used for something
  else opens both. Give the server its own app clients.`,
      `With \`clientIds\`, scopes carry the identifier of the resource server too: give it as \`resourceServerId\`.`,
      "The person is `sub`. The user name is in `auth.claims.username`.",
    ],
  }),
});
