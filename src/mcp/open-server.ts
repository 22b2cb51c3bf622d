import { Hono } from "hono";
import type { FetchDocument } from "../authorization-server/client-keys.ts";
import { createClients } from "../authorization-server/clients.ts";
import type { Deps } from "../authorization-server/deps.ts";
import { openDisabledClients } from "../authorization-server/disabled-clients.ts";
import { openSigningKeys, refuseNewSecret } from "../authorization-server/keys.ts";
import { createRecorder } from "../authorization-server/recorder.ts";
import type { RegistrationLimits } from "../authorization-server/registration-ceilings.ts";
import {
  type Connection,
  type GatehouseEnv,
  mountAuthorizationServer,
} from "../authorization-server/routes.ts";
import { isCodeOrRefreshToken } from "../authorization-server/tokens.ts";
import type { ProtectSettings } from "../config/protect-options.ts";
import type { Provider } from "../config/provider-options.ts";
import type { CheckUser, Settings } from "../config/settings.ts";
import { protectedResourceMetadataUrl } from "../core/metadata.ts";
import { type Clock, systemClock } from "../platform/clock.ts";
import { foreignHostRefusal } from "../platform/host-header.ts";
import type { Log } from "../platform/logging.ts";
import type { OutboundProxy } from "../platform/outbound-proxy.ts";
import { existingSecrets, openKeyring } from "../platform/secrets/master-secret.ts";
import type { Observe } from "../platform/telemetry/observe.ts";
import { createDocuments } from "../resource-server/documents.ts";
import { createGuard, type Guard } from "../resource-server/guard.ts";
import { authorizationServerOf, openProtection, verifyBeside } from "../resource-server/protect.ts";
import { verifyOwnTokens } from "../resource-server/verifiers/own-tokens.ts";
import { createAttempts } from "../sign-in/attempts.ts";
import { createBrowserBinding } from "../sign-in/create-browser-binding.ts";
import { CHECK_USER_MS } from "../sign-in/password.ts";
import { createGrantUses } from "../store/grant-uses.ts";
import { startJanitor } from "../store/janitor.ts";
import type { StoreWithTodos } from "../store/kysely-store.ts";
import { openStore } from "../store/open-store.ts";
import { createMcpEndpoint, type McpEndpoint } from "./endpoint.ts";
import { type Front, mountFront } from "./front.ts";
import { createHearing } from "./operations/hearing.ts";
import { type Observation, openObservation } from "./operations/observation.ts";
import { followOutsideChanges } from "./operations/outside-changes.ts";
import { createReadiness, storeChecks } from "./operations/probes.ts";
import type { Registrations } from "./registrations.ts";
import type { McpFactory, McpIdentity } from "./servers.ts";

/** A server that answers requests: the store is open, the keys are there. */
export type OpenServer = {
  /** The one way in, for a listener and for those who mount it elsewhere. Never rejects. */
  fetch(request: Request, connection?: Connection): Promise<Response>;
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
export type EmbeddedServer = OpenServer & { readonly store: StoreWithTodos };

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
  const observation = await openObservation(settings, parts.proxy);
  const { metrics, observe } = observation;
  const log = observation.log(parts.log);
  // The database first: where its folder is missing, the sentence should be about it and not about its key file.
  const store = observation.store(await openStore({ ...settings, log, measure: metrics }));
  const opened = new AsyncDisposableStack();
  opened.defer(store.close);
  const clock = parts.clock ?? store.clock;
  try {
    await refuseNewSecret({ store }, settings.database, () => existingSecrets(settings, clock) !== undefined);
    const keyring = openKeyring(settings, clock);
    const keys = await openSigningKeys({ store, keyring, clock });
    const hearing = createHearing(settings.staleSeconds, () => performance.now());
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
      hearsOfRevocations: hearing.isGood,
      clock,
      log,
      metrics,
    });
    const identity = { ...parts.identity, extensions: EXTENSIONS };
    const endpoint = openEndpoint({ ...parts, clock, identity, log }, guard, observation);
    const grantEnded = (grantId: string) => {
      guard.forget(grantId);
      endpoint.grantEnded(grantId);
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
        counters: store.counters,
        clock,
        log,
        fetchDocument: parts.fetchDocument ?? observation.fetchDocument,
        newRegistrationsPerMinute: parts.newRegistrationsPerMinute,
        unapprovedClients: parts.unapprovedClients,
      }),
      uses,
      checkUser: parts.checkUser,
      checkUserMs: parts.checkUserMs ?? CHECK_USER_MS,
      attempts: createAttempts({ counters: store.counters, store, keyring, clock }),
      binding: createBrowserBinding({ keyring, clock, issuer: settings.issuer }),
      toolsByScope: () => registrations.toolsByScope(settings.catalogue.required),
      onGrantRevoked: grantEnded,
    };

    // Clients take the first one that they are told, unless they know better.
    const authorizationServers = [settings.issuer, ...alsoAccept.map(authorizationServerOf)];
    const documents = createDocuments({ ...settings, authorizationServers });
    const readiness = createReadiness(storeChecks(deps), clock, log);
    const front = { settings, endpoint, documents, readiness, observe, metrics: observation.answer };
    const app = openApp(front, log);
    mountAuthorizationServer(app, deps, observe);

    // Closed before the store, and after the drain: what happens in a drain is worth seeing too.
    opened.defer(await observation.listen(log));
    const stopJanitor = startJanitor({ ...settings, store, clock, log, everySeconds: JANITOR_SECONDS });
    const stopWatching = followOutsideChanges(
      { ...deps, disabled },
      { grantEnded, verifyAgain: guard.forgetAll },
      hearing,
    );
    const stopLooking = hearing.whenLapsed(endpoint.revocationsUnheard);
    return {
      store,
      guard,
      resourceUpdated: endpoint.resourceUpdated,
      fetch: fetchOf(app, settings, observe),
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
  const observation = await openObservation(settings, parts.proxy);
  const { metrics, observe } = observation;
  const log = observation.log(parts.log);
  const { guard, documents } = openProtection(
    { ...settings, providers, authorizationServerMetadata },
    { log, clock, metrics, fetchJson: observation.fetchJson },
  );
  const endpoint = openEndpoint({ ...parts, log }, guard, observation);
  const readiness = createReadiness([], clock, log);
  const front = { settings, endpoint, documents, readiness, observe, metrics: observation.answer };
  const app = openApp(front, log);
  const closeMetrics = await observation.listen(log);
  return {
    guard,
    resourceUpdated: endpoint.resourceUpdated,
    fetch: fetchOf(app, settings, observe),
    leave: readiness.leave,
    async drain() {
      readiness.leave();
      await endpoint.close();
    },
    close: closeMetrics,
  };
}

function openEndpoint(parts: ServerParts, guard: Guard, { metrics, tracing }: Observation): McpEndpoint {
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

function openApp(front: Front, log: Log): Hono<GatehouseEnv> {
  const app = new Hono<GatehouseEnv>();
  mountFront(app, front);
  app.onError((cause) => {
    log.error("a request failed", { cause });
    return Response.json({ error: "server_error" }, { status: 500 });
  });
  return app;
}

function fetchOf(app: Hono<GatehouseEnv>, { issuer, host }: Settings, observe: Observe): OpenServer["fetch"] {
  const refuseForeign = foreignHostRefusal(issuer, host);
  return async (request, connection = {}) => {
    const refusal = refuseForeign(request);
    return refusal
      ? observe({ name: "wrong_host" }, request, async () => refusal)
      : app.fetch(request, connection);
  };
}
