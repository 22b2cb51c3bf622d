import { join } from "node:path";
import { createClients } from "../../src/authorization-server/clients/clients.ts";
import { openDisabledClients } from "../../src/authorization-server/clients/disabled-clients.ts";
import { openSigningKeys, type SigningKeys } from "../../src/authorization-server/tokens/signing-keys.ts";
import { parseOptions } from "../../src/config/options.ts";
import { ACCESS_TOKEN_TYPE, type AccessTokenClaims } from "../../src/core/access-token.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { signJws } from "../../src/platform/jws.ts";
import { silentLog } from "../../src/platform/logging.ts";
import { randomId } from "../../src/platform/random.ts";
import { createKeyring } from "../../src/platform/secrets/keyring.ts";
import { createGuard, type Guard, type RequestHead } from "../../src/resource-server/guard.ts";
import { verifyOwnTokens } from "../../src/resource-server/verifiers/own-tokens.ts";
import { createGrantUses } from "../../src/store/grant-uses.ts";
import { openStore } from "../../src/store/open-store.ts";
import { OPTIONS } from "./gatehouse-parts.ts";
import { makeGrants, SQL_CLIENT_ID, someGrants } from "./sql-grants.ts";

export type OwnGuardOptions = {
  readonly directory: string;
  /** How many grants there are. */
  readonly count: number;
  readonly cachedTokens?: number;
};

/** The guard of a server with grants in its database, in this process: no socket is in the way. */
export type OwnGuard = {
  readonly guard: Guard;
  readonly keys: SigningKeys;
  readonly grants: readonly string[];
  newToken(grantId: string): string;
  requestHead(token: string): RequestHead;
};

export async function openOwnGuard({ directory, count, cachedTokens }: OwnGuardOptions): Promise<OwnGuard> {
  const database = join(directory, `${count}-grants.db`);
  const settings = parseOptions("Bench", { ...OPTIONS, database, cachedTokens });
  await makeGrants(database, { count, resource: settings.resource });
  const grants = await someGrants(database, count);

  const clock = systemClock;
  const { store, counters } = await openStore({ database });
  const keys = await openSigningKeys({ store, keyring: createKeyring([OPTIONS.secret]), clock });
  const clients = createClients({
    ...settings,
    preregistered: settings.clients,
    store,
    disabled: await openDisabledClients(store, () => true),
    isUpToDate: () => true,
    counters,
    clock,
    log: silentLog,
  });
  const guard = createGuard({
    resourceMetadata: `${settings.issuer}/.well-known/oauth-protected-resource/mcp`,
    requiredScopes: settings.catalogue.required,
    implies: settings.catalogue.implies,
    verify: verifyOwnTokens({
      ...settings,
      verificationKey: keys.verificationKey,
      store,
      isKnownClient: clients.isKnown,
      seen: createGrantUses({ store, clock, log: silentLog }).seen,
      clock,
    }),
    cachedTokens: settings.cachedTokens,
    clock,
    log: silentLog,
  });
  return {
    guard,
    keys,
    grants,
    newToken(grantId) {
      const now = Math.floor(clock() / 1000);
      const claims: AccessTokenClaims = {
        iss: settings.issuer,
        sub: "ada",
        aud: settings.resource,
        client_id: SQL_CLIENT_ID,
        scope: "mcp",
        iat: now,
        exp: now + settings.accessTokenSeconds,
        jti: randomId(),
        gid: grantId,
      };
      return signJws(ACCESS_TOKEN_TYPE, claims, keys.current());
    },
    requestHead(token) {
      const headers = new Headers({ authorization: `Bearer ${token}` });
      return { method: "POST", url: settings.resource, headers };
    },
  };
}
