import type { FetchDocument } from "../authorization-server/clients/client-keys.ts";
import { createClients } from "../authorization-server/clients/clients.ts";
import { openDisabledClients } from "../authorization-server/clients/disabled-clients.ts";
import type { RegistrationLimits } from "../authorization-server/clients/registration-ceilings.ts";
import type { Deps } from "../authorization-server/deps.ts";
import { createBrowserBinding } from "../authorization-server/people/create-browser-binding.ts";
import { createRecorder } from "../authorization-server/recorder.ts";
import { authorizationServerRoutes } from "../authorization-server/routes.ts";
import { createAttempts } from "../authorization-server/sign-in/guessing/attempts.ts";
import { CHECK_USER_MS } from "../authorization-server/sign-in/password.ts";
import { openSigningKeys, refuseNewSecret } from "../authorization-server/tokens/signing-keys.ts";
import { isCodeOrRefreshToken } from "../authorization-server/tokens/tokens.ts";
import type { ProtectSettings } from "../config/protect-options.ts";
import type { Provider } from "../config/provider-options.ts";
import type { CheckUser, Settings } from "../config/settings.ts";
import { protectedResourceMetadataUrl } from "../core/metadata.ts";
import type { Route } from "../http/route.ts";
import { createMcpEndpoint, type McpEndpoint } from "../mcp/endpoint.ts";
import type { Registrations } from "../mcp/registrations.ts";
import type { McpFactory, McpIdentity } from "../mcp/servers.ts";
import { type Instrumentation, openInstrumentation } from "../operations/instrumentation.ts";
import { createReadiness, storeChecks } from "../operations/probes.ts";
import { followRemoteChanges } from "../operations/remote-changes.ts";
import { createRevocationLease } from "../operations/revocation-lease.ts";
import { operationsRoutes } from "../operations/routes.ts";
import { type Clock, systemClock } from "../platform/clock.ts";
import type { Log } from "../platform/logging.ts";
import type { OutboundProxy } from "../platform/outbound-proxy.ts";
import { existingSecrets, openKeyring } from "../platform/secrets/master-secret.ts";
import { createDocuments, documentsRoute } from "../resource-server/documents.ts";
import { createGuard, type Guard } from "../resource-server/guard.ts";
import { authorizationServerOf, openProtection, verifyBeside } from "../resource-server/protect.ts";
import { verifyOwnTokens } from "../resource-server/verifiers/own-tokens.ts";
import { createGrantUses } from "../store/grant-uses.ts";
import { startJanitor } from "../store/janitor.ts";
import { openStore } from "../store/open-store.ts";
import type { OpenStore } from "../store/store.ts";
import { createApp, type Fetch } from "./app.ts";
import { mcpRoutes } from "./mcp-routes.ts";

/** A server that answers requests: the store is open, the keys are there. */
export type OpenServer = {
  /** The one way in, for a listener and for those who mount it elsewhere. Never rejects. */
  readonly fetch: Fetch;
  readonly routes: readonly Route[];
  readonly guard: Guard;
  /** Tells the clients that subscribed to this resource here that it changed. */
  resourceUpdated(uri: string): void;
  /** From here on `/ready` says that no more requests should come. Those that do are served. */
  leave(): void;
  /** Ends streams and stops timers; requests that are under way still find the store. */
  drain(): Promise<void>;
  /** Closes the store. Nothing is answered after it. */
  close(): Promise<void>;
};

/** One that is its own authorization server. */
export type EmbeddedServer = OpenServer & { readonly database: OpenStore };

/** What every kind of server is made of. */
export type ServerParts = {
  readonly settings: Settings;
  readonly registrations: Registrations;
  readonly factory: McpFactory | undefined;
  readonly identity: McpIdentity;
  readonly log: Log;
  /** Where what is fetched goes through. */
  readonly proxy?: OutboundProxy | undefined;
  /** The time as it is. Default: the database's, or this machine's where there is none. */
  readonly clock?: Clock;
};

export type EmbeddedParts = ServerParts &
  RegistrationLimits & {
    readonly checkUser: CheckUser;
    readonly checkUserMs?: number;
    /** Whose tokens open it too. */
    readonly alsoAccept?: readonly Provider[];
    /** The public internet, unless a test brings another. */
    readonly fetchDocument?: FetchDocument;
  };

const JANITOR_SECONDS = 60;
/** What this authorization server can do beyond the protocol's own. */
const EXTENSIONS = { "io.modelcontextprotocol/oauth-client-credentials": {} };

/**
 * Opens everything that a server needs and wires the rooms together.
 * @throws ConfigurationError where the database or the secret is not usable.
 */
export async function openServer(parts: EmbeddedParts): Promise<EmbeddedServer> {
  const { settings, registrations, alsoAccept = [] } = parts;
  const observation = await openInstrumentation(settings, parts.proxy);
  const { metrics, instrument } = observation;
  const log = observation.log(parts.log);
  // The database first: where its folder is missing, the sentence should be about it and not about its key file.
  const database = await openStore({ ...settings, log, measure: metrics });
  const store = observation.store(database.store);
  const opened = new AsyncDisposableStack();
  opened.defer(database.close);
  const { counters } = database;
  const clock = parts.clock ?? database.clock;
  try {
    await refuseNewSecret({ store }, settings.database, () => existingSecrets(settings, clock) !== undefined);
    const keyring = openKeyring(settings, clock);
    const keys = await openSigningKeys({ store, keyring, clock });
    const hearing = createRevocationLease(settings.staleSeconds, () => performance.now());
    const disabled = await openDisabledClients(store, hearing.isUpToDate);
    const uses = createGrantUses({ store, clock, log });
    opened.defer(uses.close);
    const guard = createGuard({
      resourceMetadata: protectedResourceMetadataUrl(settings.resource),
      requiredScopes: settings.catalogue.required,
      challengeScopes: settings.challengeScopes,
      implies: settings.catalogue.implies,
      verify: verifyBeside(
        {
          issuer: settings.issuer,
          verify: verifyOwnTokens({
            ...settings,
            verificationKey: keys.verificationKey,
            store,
            isKnownClient: (clientId) => deps.clients.isKnown(clientId),
            seen: uses.seen,
            clock,
          }),
          isSecret: (token) => isCodeOrRefreshToken(token, { keyring, issuer: settings.issuer }),
        },
        alsoAccept,
        { clock, fetchJson: observation.fetchJson },
      ),
      cachedTokens: settings.cachedTokens,
      holdsRevocationLease: hearing.isGood,
      clock,
      log,
      metrics,
    });
    const identity = { ...parts.identity, extensions: EXTENSIONS };
    const endpoint = openEndpoint({ ...parts, clock, identity, log }, guard, observation);
    const grantRevoked = (grantId: string) => {
      guard.invalidate(grantId);
      endpoint.grantRevoked(grantId);
    };
    const deps: Deps = {
      settings,
      store,
      clock,
      keyring,
      log,
      recorder: createRecorder({ store, clock, log }),
      keys,
      clients: createClients({
        settings,
        store,
        disabled,
        isUpToDate: hearing.isUpToDate,
        counters,
        clock,
        log,
        fetchDocument: parts.fetchDocument ?? observation.fetchDocument,
        newRegistrationsPerMinute: parts.newRegistrationsPerMinute,
        unapprovedClients: parts.unapprovedClients,
      }),
      uses,
      checkUser: parts.checkUser,
      checkUserMs: parts.checkUserMs ?? CHECK_USER_MS,
      attempts: createAttempts({ counters, store, keyring, clock }),
      binding: createBrowserBinding({ keyring, clock, issuer: settings.issuer }),
      toolsByScope: () => registrations.toolsByScope(settings.catalogue.required),
      onGrantRevoked: grantRevoked,
    };

    // Clients take the first one that they are told, unless they know better.
    const authorizationServers = [settings.issuer, ...alsoAccept.map(authorizationServerOf)];
    const documents = createDocuments({ ...settings, authorizationServers });
    const readiness = createReadiness(storeChecks(deps), clock, log);
    const routes = [
      ...mcpRoutes({ ...settings, appName: settings.name, endpoint }),
      documentsRoute(documents),
      ...operationsRoutes(readiness, observation.answer),
      ...authorizationServerRoutes(deps),
    ];

    // Closed before the store, and after the drain: what happens in a drain is worth seeing too.
    opened.defer(await observation.listen(log));
    const stopJanitor = startJanitor({ ...settings, store, clock, log, everySeconds: JANITOR_SECONDS });
    const stopWatching = followRemoteChanges(
      { ...deps, disabled, followChanges: database.followChanges },
      { grantRevoked, verifyAgain: guard.invalidateAll },
      hearing,
    );
    const stopLooking = hearing.whenLapsed(endpoint.revocationLeaseLapsed);
    return {
      database: { ...database, store },
      guard,
      resourceUpdated: endpoint.resourceUpdated,
      fetch: createApp({ ...settings, appName: settings.name, routes, instrument, log }),
      routes,
      leave: readiness.leave,
      async drain() {
        readiness.leave();
        stopWatching();
        stopLooking();
        await stopJanitor();
        await endpoint.close();
      },
      close: () => opened.disposeAsync(),
    };
  } catch (cause) {
    await opened.disposeAsync();
    throw cause;
  }
}

/** The same in front of somebody else's authorization server. It keeps nothing. */
export async function openProtectedServer(
  parts: ServerParts & Pick<ProtectSettings, "providers" | "authorizationServerMetadata">,
): Promise<OpenServer> {
  const { settings, providers, authorizationServerMetadata, clock = systemClock } = parts;
  const observation = await openInstrumentation(settings, parts.proxy);
  const { metrics, instrument } = observation;
  const log = observation.log(parts.log);
  const { guard, documents } = openProtection(
    { ...settings, providers, authorizationServerMetadata },
    { log, clock, metrics, fetchJson: observation.fetchJson },
  );
  const endpoint = openEndpoint({ ...parts, log }, guard, observation);
  const readiness = createReadiness([], clock, log);
  const routes = [
    ...mcpRoutes({ ...settings, appName: settings.name, endpoint }),
    documentsRoute(documents),
    ...operationsRoutes(readiness, observation.answer),
  ];
  const closeMetrics = await observation.listen(log);
  return {
    guard,
    resourceUpdated: endpoint.resourceUpdated,
    fetch: createApp({ ...settings, appName: settings.name, routes, instrument, log }),
    routes,
    leave: readiness.leave,
    async drain() {
      readiness.leave();
      await endpoint.close();
    },
    close: closeMetrics,
  };
}

function openEndpoint(parts: ServerParts, guard: Guard, { metrics, tracing }: Instrumentation): McpEndpoint {
  const { settings, registrations, factory, identity, log, clock = systemClock } = parts;
  const endpoint = createMcpEndpoint({
    registrations: factory ?? registrations,
    identity,
    guard,
    settings,
    clock,
    log,
    traced: tracing.message,
  });
  metrics.watch("streams", endpoint.openStreams);
  metrics.watch("sessions", endpoint.openSessions);
  return endpoint;
}
