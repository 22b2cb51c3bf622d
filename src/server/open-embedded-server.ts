import type { FetchDocument } from "../authorization-server/clients/client-keys.ts";
import { type Clients, createClients } from "../authorization-server/clients/clients.ts";
import { openDisabledClients } from "../authorization-server/clients/disabled-clients.ts";
import type { RegistrationLimits } from "../authorization-server/clients/registration-ceilings.ts";
import type { FurtherStep } from "../authorization-server/interaction/interactions.ts";
import { createRecorder } from "../authorization-server/recorder.ts";
import type { SignInMethod } from "../authorization-server/sign-in/method.ts";
import type { SecondFactor } from "../authorization-server/sign-in/second-factor.ts";
import {
  openSigningKeys,
  refuseNewSecret,
  type SigningKeys,
} from "../authorization-server/tokens/signing-keys.ts";
import { isCodeOrRefreshToken } from "../authorization-server/tokens/tokens.ts";
import {
  type ConnectLinks,
  createConnectLinks,
} from "../authorization-server/upstreams/connect/connect-links.ts";
import { createVault, type UpstreamVault } from "../authorization-server/upstreams/vault.ts";
import type { Admission } from "../config/admit.ts";
import type { Provider } from "../config/provider-options.ts";
import type { Settings } from "../config/settings.ts";
import { protectedResourceMetadataUrl } from "../core/metadata.ts";
import { type Instrumentation, openInstrumentation } from "../operations/instrumentation.ts";
import { createReadiness, storeChecks } from "../operations/probes.ts";
import { followRemoteChanges } from "../operations/remote-changes.ts";
import { createRevocationLease, type RevocationLease } from "../operations/revocation-lease.ts";
import type { Clock } from "../platform/clock.ts";
import type { PlainFetch } from "../platform/fetch-json.ts";
import type { Log } from "../platform/logging.ts";
import type { Keyring } from "../platform/secrets/keyring.ts";
import { existingSecrets, openKeyring } from "../platform/secrets/master-secret.ts";
import { createDocuments } from "../resource-server/documents.ts";
import { createGuard, type Guard } from "../resource-server/guard.ts";
import { authorizationServerOf, verifyBeside } from "../resource-server/protect.ts";
import { verifyOwnTokens } from "../resource-server/verifiers/own-tokens.ts";
import type { Counters } from "../store/counters.ts";
import { createGrantUses, type GrantUses } from "../store/grant-uses.ts";
import { startJanitor } from "../store/janitor.ts";
import { openStore } from "../store/open-store.ts";
import type { OpenStore, Store } from "../store/store.ts";
import { openAuthorizationServer } from "./authorization-server.ts";
import { createEndpoints, type McpEndpoints } from "./endpoints.ts";
import { type OpenServer, type ServerParts, serve } from "./open-server.ts";
import { type OpenPart, openInOrder } from "./opening.ts";

/** A server that is its own authorization server. */
export type EmbeddedServer = OpenServer & { readonly database: OpenStore };

export type EmbeddedParts = ServerParts &
  RegistrationLimits & {
    /** How people sign in. */
    readonly methods: readonly SignInMethod[];
    /** What they prove after a password or a mail link. */
    readonly factor?: SecondFactor | undefined;
    readonly admission: Admission;
    /** Whose tokens open it too. */
    readonly alsoAccept?: readonly Provider[];
    /** The public internet, unless a test brings another. */
    readonly fetchDocument?: FetchDocument;
    /** How a sign-in method asks its provider, unless a test brings another network. */
    readonly fetch?: PlainFetch;
    /** What a person passes between the sign-in and the decision. */
    readonly furtherSteps?: readonly FurtherStep[];
  };

const JANITOR_SECONDS = 60;
/** What this authorization server can do beyond the protocol's own. */
const EXTENSIONS = { "io.modelcontextprotocol/oauth-client-credentials": {} };

/**
 * Opens a server with people, clients and grants of its own.
 * @throws ConfigurationError where the database or the secret is not usable.
 */
export function openServer(parts: EmbeddedParts): Promise<EmbeddedServer> {
  return openInOrder((open) => openEmbedded(open, parts), parts.log, parts.beforePart);
}

async function openEmbedded(open: OpenPart, parts: EmbeddedParts): Promise<Omit<EmbeddedServer, "close">> {
  const { settings, registrations, alsoAccept = [], furtherSteps = [] } = parts;
  const instrumentation = await open("instrumentation", () => openInstrumentation(settings, parts.proxy));
  const log = instrumentation.log(parts.log);
  const kept = await openKept(open, parts, instrumentation, log);
  const { store, clock } = kept;
  const lease = createRevocationLease(settings.staleSeconds, () => performance.now());
  const disabled = await open("clients", () => openDisabledClients(store, lease.isUpToDate));
  const clients = createClients({
    ...settings,
    ...parts,
    ...kept,
    preregistered: settings.clients,
    disabled,
    isUpToDate: lease.isUpToDate,
    log,
    fetchDocument: parts.fetchDocument ?? instrumentation.fetchDocument,
  });
  const guard = createOwnGuard(settings, alsoAccept, { ...kept, clients, lease, instrumentation, log });
  const fetch = parts.fetch ?? instrumentation.fetch;
  const elsewhere = createElsewhere(settings, { ...kept, fetch, lease, log });
  const { vault } = elsewhere;
  const identity = { ...parts.identity, extensions: EXTENSIONS };
  const endpoints = createEndpoints({
    ...parts,
    identity,
    clock,
    guard,
    upstreams: vault,
    instrumentation,
    log,
  });
  const told = whoHearOfChanges(guard, vault, endpoints);
  const { routes, account, started } = await open("sign-in", () =>
    openAuthorizationServer({
      ...parts,
      ...kept,
      clients,
      log,
      fetch,
      ...elsewhere,
      furtherSteps,
      toolsByScope: () => registrations.toolsByScope(settings.catalogue.required),
      onGrantRevoked: told.grantRevoked,
      onPersonChanged: told.personChanged,
    }),
  );
  // Clients take the first one that they are told, unless they know better.
  const authorizationServers = [settings.issuer, ...alsoAccept.map(authorizationServerOf)];
  const documents = createDocuments({ ...settings, authorizationServers });
  const readiness = createReadiness(storeChecks(kept), clock, log);
  const served = serve({ settings, endpoints, account, documents, readiness, instrumentation, log }, routes);
  await open(
    "metrics listener",
    () => instrumentation.listen(log),
    (close) => close(),
  );
  await open(
    "janitor",
    () => startJanitor({ ...settings, store, clock, log, everySeconds: JANITOR_SECONDS }),
    (stop) => stop(),
  );
  await open(
    "remote changes",
    () => followRemoteChanges({ ...kept, ...kept.database, clients, disabled, log }, told, lease),
    (stop) => stop(),
  );
  await open(
    "revocation lease",
    () => lease.whenLapsed(endpoints.revocationLeaseLapsed),
    (stop) => stop(),
  );
  return { ...served, guard, started, database: kept.database };
}

/** Those that remember who may do what: the guard first, so that whoever asks again gets the new answer. */
function whoHearOfChanges(
  guard: Guard,
  vault: Pick<UpstreamVault, "personChanged">,
  endpoints: Pick<McpEndpoints, "grantRevoked" | "personChanged" | "verifyAgain">,
) {
  return {
    grantRevoked(grantId: string) {
      guard.invalidate(grantId);
      endpoints.grantRevoked(grantId);
    },
    personChanged(personId: string) {
      guard.invalidatePerson(personId);
      vault.personChanged(personId);
      endpoints.personChanged(personId);
    },
    upstreamChanged: vault.personChanged,
    verifyAgain() {
      guard.invalidateAll();
      endpoints.verifyAgain();
    },
  };
}

/** What people have at other services, for the tools of this server, and the links by which they connect them. */
function createElsewhere(
  { upstreams, issuer }: Settings,
  {
    lease,
    ...parts
  }: Kept & {
    readonly fetch: PlainFetch;
    readonly lease: Pick<RevocationLease, "holds">;
    readonly log: Log;
  },
): { readonly vault: UpstreamVault; readonly links: ConnectLinks } {
  const links = createConnectLinks({ ...parts, issuer });
  const vault = createVault({
    ...parts,
    upstreams,
    recorder: createRecorder(parts),
    connectUrl: links.urlFor,
    isUpToDate: lease.holds,
  });
  return { vault, links };
}

/** What outlives the process: the database, and what the master secret opens in it. */
type Kept = {
  readonly database: OpenStore;
  readonly store: Store;
  readonly counters: Counters;
  readonly clock: Clock;
  readonly keyring: Keyring;
  readonly keys: SigningKeys;
  readonly uses: GrantUses;
};

async function openKept(
  open: OpenPart,
  parts: EmbeddedParts,
  instrumentation: Instrumentation,
  log: Log,
): Promise<Kept> {
  const { settings } = parts;
  // The database first: where its folder is missing, the sentence should be about it and not about its key file.
  const opened = await open(
    "database",
    () => openStore({ ...settings, log, measure: instrumentation.metrics }),
    ({ close }) => close(),
  );
  const store = instrumentation.store(opened.store);
  const { counters } = opened;
  const clock = parts.clock ?? opened.clock;
  const keyring = await open("secret", async () => {
    const hasSecret = () => existingSecrets(settings, clock) !== undefined;
    await refuseNewSecret({ store }, settings.database, hasSecret);
    return openKeyring(settings, clock);
  });
  const keys = await open("signing keys", () => openSigningKeys({ store, keyring, clock }));
  const uses = await open(
    "grant uses",
    () => createGrantUses({ store, clock, log }),
    ({ close }) => close(),
  );
  return { database: { ...opened, store }, store, counters, clock, keyring, keys, uses };
}

type GuardParts = Kept & {
  readonly clients: Pick<Clients, "isKnown">;
  readonly lease: Pick<RevocationLease, "holds">;
  readonly instrumentation: Pick<Instrumentation, "metrics" | "fetchJson">;
  readonly log: Log;
};

/** The guard of this server's own tokens, and of those of the providers beside it. */
function createOwnGuard(settings: Settings, alsoAccept: readonly Provider[], parts: GuardParts): Guard {
  const { issuer, resource, catalogue } = settings;
  const { store, keys, keyring, uses, clock, clients, lease, instrumentation, log } = parts;
  const { metrics, fetchJson } = instrumentation;
  const verify = verifyOwnTokens({
    ...settings,
    verificationKey: keys.verificationKey,
    store,
    isKnownClient: clients.isKnown,
    seen: uses.seen,
    clock,
  });
  const isSecret = (token: string) => isCodeOrRefreshToken(token, { keyring, issuer });
  return createGuard({
    resourceMetadata: protectedResourceMetadataUrl(resource),
    requiredScopes: catalogue.required,
    challengeScopes: settings.challengeScopes,
    implies: catalogue.implies,
    verify: verifyBeside({ issuer, verify, people: store, isSecret }, alsoAccept, { clock, fetchJson }),
    cachedTokens: settings.cachedTokens,
    holdsRevocationLease: lease.holds,
    clock,
    log,
    metrics,
  });
}
