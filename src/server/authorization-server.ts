import { createClientAuthentication } from "../authorization-server/clients/client-authentication.ts";
import type { Clients } from "../authorization-server/clients/clients.ts";
import { registerRoute } from "../authorization-server/clients/register.ts";
import type { FurtherStep } from "../authorization-server/interaction/interactions.ts";
import { metadataRoute } from "../authorization-server/metadata.ts";
import { createRecorder } from "../authorization-server/recorder.ts";
import type { SignInMethod } from "../authorization-server/sign-in/method.ts";
import type { Admit } from "../authorization-server/sign-in/sign-ins.ts";
import { authorizationCode } from "../authorization-server/tokens/grants/authorization-code.ts";
import { clientCredentials } from "../authorization-server/tokens/grants/client-credentials.ts";
import type { GrantTypes } from "../authorization-server/tokens/grants/grant-type.ts";
import { refreshToken } from "../authorization-server/tokens/grants/refresh-token.ts";
import { introspectRoute } from "../authorization-server/tokens/introspect.ts";
import { createTokenIssuer } from "../authorization-server/tokens/issue-tokens.ts";
import { jwksRoute } from "../authorization-server/tokens/jwks.ts";
import { revokeRoute } from "../authorization-server/tokens/revoke.ts";
import { createRevokeGrant } from "../authorization-server/tokens/revoke-grant.ts";
import type { SigningKeys } from "../authorization-server/tokens/signing-keys.ts";
import { TOKEN_PATH, tokenRoute } from "../authorization-server/tokens/token.ts";
import type { Settings } from "../config/settings.ts";
import { CLIENT_CREDENTIALS } from "../core/client-metadata.ts";
import type { Person } from "../core/person.ts";
import { type Route, urlOf } from "../http/route.ts";
import type { Clock } from "../platform/clock.ts";
import type { PlainFetch } from "../platform/fetch-json.ts";
import type { Log } from "../platform/logging.ts";
import type { Keyring } from "../platform/secrets/keyring.ts";
import type { Counters } from "../store/counters.ts";
import type { GrantUses } from "../store/grant-uses.ts";
import type { Store } from "../store/store.ts";
import { interactionRoutes } from "./interaction.ts";

/** What the authorization server is put together from. */
export type AuthorizationServerParts = {
  readonly settings: Settings;
  readonly store: Store;
  readonly counters: Counters;
  readonly clock: Clock;
  readonly keyring: Keyring;
  readonly keys: SigningKeys;
  readonly clients: Clients;
  readonly uses: GrantUses;
  readonly log: Log;
  /** How people sign in. */
  readonly methods: readonly SignInMethod[];
  readonly admit: Admit;
  readonly isActive: (person: Person) => Promise<boolean>;
  /** Where providers of identities are asked. */
  readonly fetch: PlainFetch;
  /** Between the sign-in and the decision. */
  readonly furtherSteps: readonly FurtherStep[];
  readonly toolsByScope: () => ReadonlyMap<string, readonly string[]>;
  readonly onGrantRevoked: (grantId: string) => void;
};

/**
 * Every route of the authorization server. A new endpoint is a file, and a line here.
 * @throws ConfigurationError where a sign-in method cannot be used
 */
export async function authorizationServerRoutes(parts: AuthorizationServerParts): Promise<readonly Route[]> {
  const { settings, clients, keys, keyring } = parts;
  const { issuer, cors, catalogue } = settings;
  const recorder = createRecorder(parts);
  const minter = { keyring, issuer };
  const revokeGrant = createRevokeGrant({ ...parts, recorder });
  const issueTokens = createTokenIssuer({ ...parts, ...settings, minter });
  const audiences = [issuer, urlOf(issuer, TOKEN_PATH)] as const;
  const authenticateClient = createClientAuthentication({ ...parts, issuer, audiences });
  const tokenReader = { minter, keys };
  const common = { ...parts, ...settings, clients, recorder, minter };
  const grantTypes: GrantTypes = new Map([
    ["authorization_code", authorizationCode({ ...common, revokeGrant, issueTokens })],
    ["refresh_token", refreshToken({ ...common, revokeGrant, issueTokens })],
    [CLIENT_CREDENTIALS, clientCredentials({ ...common, revokeGrant, issueTokens })],
  ]);
  const routes: readonly Route[] = [
    jwksRoute(keys),
    registerRoute({ ...settings, ...parts }, cors),
    ...(await interactionRoutes(parts, recorder)),
    tokenRoute({ authenticateClient, grantTypes }, cors),
    revokeRoute({ ...parts, authenticateClient, tokenReader, revokeGrant }, cors),
    introspectRoute({ ...parts, issuer, authenticateClient, tokenReader }, cors),
  ];
  const scopes = [...catalogue.descriptions.keys()];
  return [metadataRoute({ ...settings, scopes, grantTypes: [...grantTypes.keys()] }, routes), ...routes];
}
