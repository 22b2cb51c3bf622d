import { createClientAuthentication } from "../authorization-server/clients/client-authentication.ts";
import { registerRoute } from "../authorization-server/clients/register.ts";
import { metadataRoute } from "../authorization-server/metadata.ts";
import { createActivity } from "../authorization-server/people/active.ts";
import { createOrganizations } from "../authorization-server/people/organizations.ts";
import { createRecorder } from "../authorization-server/recorder.ts";
import { authorizationCode } from "../authorization-server/tokens/grants/authorization-code.ts";
import { clientCredentials } from "../authorization-server/tokens/grants/client-credentials.ts";
import type { GrantTypes } from "../authorization-server/tokens/grants/grant-type.ts";
import { refreshToken } from "../authorization-server/tokens/grants/refresh-token.ts";
import { introspectRoute } from "../authorization-server/tokens/introspect.ts";
import { createTokenIssuer } from "../authorization-server/tokens/issue-tokens.ts";
import { jwksRoute } from "../authorization-server/tokens/jwks.ts";
import { createNoteRefusal } from "../authorization-server/tokens/note-refusal.ts";
import { revokeRoute } from "../authorization-server/tokens/revoke.ts";
import { createRevokeGrant } from "../authorization-server/tokens/revoke-grant.ts";
import type { SigningKeys } from "../authorization-server/tokens/signing-keys.ts";
import { TOKEN_PATH, tokenRoute } from "../authorization-server/tokens/token.ts";
import { CLIENT_CREDENTIALS } from "../core/client-metadata.ts";
import { type Route, urlOf } from "../http/route.ts";
import type { GrantUses } from "../store/grant-uses.ts";
import { type Interaction, type InteractionParts, openInteraction } from "./interaction.ts";

/** What the authorization server is put together from. */
export type AuthorizationServerParts = InteractionParts & {
  readonly keys: SigningKeys;
  readonly uses: GrantUses;
};

/**
 * The authorization server: every route of it. A new endpoint is a file, and a line here.
 * @throws ConfigurationError where a sign-in method cannot be used
 */
export async function openAuthorizationServer(parts: AuthorizationServerParts): Promise<Interaction> {
  const { settings, clients, keys, keyring } = parts;
  const { issuer, cors, catalogue } = settings;
  const recorder = createRecorder(parts);
  const minter = { keyring, issuer };
  const revokeGrant = createRevokeGrant({ ...parts, recorder });
  const issueTokens = createTokenIssuer({ ...parts, ...settings, minter });
  const audiences = [issuer, urlOf(issuer, TOKEN_PATH)] as const;
  const authenticateClient = createClientAuthentication({ ...parts, issuer, audiences });
  const tokenReader = { minter, keys };
  const noteRefusal = createNoteRefusal(parts);
  const common = { ...parts, ...settings, clients, recorder, minter, noteRefusal };
  const checkActive = createActivity(settings);
  const organizations = settings.organizations && createOrganizations(settings.organizations);
  const operatorsWord = { checkActive: settings.isActive && checkActive, organizations };
  const grantTypes: GrantTypes = new Map([
    ["authorization_code", authorizationCode({ ...common, ...operatorsWord, revokeGrant, issueTokens })],
    ["refresh_token", refreshToken({ ...common, ...operatorsWord, revokeGrant, issueTokens })],
    [CLIENT_CREDENTIALS, clientCredentials({ ...common, revokeGrant, issueTokens })],
  ]);
  const interaction = await openInteraction(parts, recorder, { checkActive, organizations });
  const routes: readonly Route[] = [
    jwksRoute(keys),
    registerRoute({ ...settings, ...parts }, cors),
    ...interaction.routes,
    tokenRoute({ authenticateClient, grantTypes }, cors),
    revokeRoute({ ...parts, authenticateClient, tokenReader, revokeGrant }, cors),
    introspectRoute({ ...parts, issuer, authenticateClient, tokenReader }, cors),
  ];
  const scopes = [...catalogue.descriptions.keys()];
  const metadata = metadataRoute({ ...settings, scopes, grantTypes: [...grantTypes.keys()] }, routes);
  return { ...interaction, routes: [metadata, ...routes] };
}
