import { createClientAuthentication } from "../authorization-server/clients/client-authentication.ts";
import type { Clients } from "../authorization-server/clients/clients.ts";
import { registerRoute } from "../authorization-server/clients/register.ts";
import { createAnswerClient } from "../authorization-server/interaction/answer-client.ts";
import { authorizeRoute } from "../authorization-server/interaction/authorize.ts";
import { CONSENT, consentRoute } from "../authorization-server/interaction/consent.ts";
import { createInteractions, type FurtherStep } from "../authorization-server/interaction/interactions.ts";
import { createSettleRedirect } from "../authorization-server/interaction/settle-redirect.ts";
import { metadataRoute } from "../authorization-server/metadata.ts";
import { createBrowserBinding } from "../authorization-server/people/create-browser-binding.ts";
import { createRecorder, type Recorder } from "../authorization-server/recorder.ts";
import { createAttempts } from "../authorization-server/sign-in/guessing/attempts.ts";
import { loginRoute, SIGN_IN } from "../authorization-server/sign-in/login.ts";
import { createPasswordCheck } from "../authorization-server/sign-in/password.ts";
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
import type { CheckUser, Settings } from "../config/settings.ts";
import { CLIENT_CREDENTIALS } from "../core/client-metadata.ts";
import { type Route, urlOf } from "../http/route.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/logging.ts";
import type { Keyring } from "../platform/secrets/keyring.ts";
import type { Counters } from "../store/counters.ts";
import type { GrantUses } from "../store/grant-uses.ts";
import type { Store } from "../store/store.ts";

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
  readonly checkUser: CheckUser;
  readonly checkUserMs: number;
  /** Between the sign-in and the decision. */
  readonly furtherSteps: readonly FurtherStep[];
  readonly toolsByScope: () => ReadonlyMap<string, readonly string[]>;
  readonly onGrantRevoked: (grantId: string) => void;
  /** A person was signed out, or is another one now. */
  readonly onPersonChanged: (personId: string) => void;
};

/** Every route of the authorization server. A new endpoint is a file, and a line here. */
export function authorizationServerRoutes(parts: AuthorizationServerParts): readonly Route[] {
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
    ...interactionRoutes(parts, recorder),
    tokenRoute({ authenticateClient, grantTypes }, cors),
    revokeRoute({ ...parts, authenticateClient, tokenReader, revokeGrant }, cors),
    introspectRoute({ ...parts, issuer, authenticateClient, tokenReader }, cors),
  ];
  const scopes = [...catalogue.descriptions.keys()];
  return [metadataRoute({ ...settings, scopes, grantTypes: [...grantTypes.keys()] }, routes), ...routes];
}

/** The way of a person: from `/oauth/authorize` over the steps of the policy back to the client. */
function interactionRoutes(parts: AuthorizationServerParts, recorder: Recorder): readonly Route[] {
  const { settings, keyring, clock, furtherSteps } = parts;
  const { issuer, name: appName } = settings;
  const interactions = createInteractions({
    policy: [SIGN_IN, ...furtherSteps.map(({ step }) => step), CONSENT],
    keyring,
    clock,
    binding: createBrowserBinding({ keyring, clock, issuer }),
    issuer,
    appName,
    log: parts.log,
  });
  const attempts = createAttempts(parts);
  const checkPassword = createPasswordCheck({ ...parts, attempts, recorder });
  const common = {
    ...settings,
    ...parts,
    appName,
    interactions,
    settleRedirect: createSettleRedirect(settings),
    answerClient: createAnswerClient({ ...settings, appName }),
  };
  return [
    authorizeRoute(common),
    loginRoute({ ...common, checkPassword }),
    ...furtherSteps.flatMap(({ routes }) => routes(interactions)),
    consentRoute({ ...common, recorder, minter: { keyring, issuer } }),
  ];
}
