import { type ClientsParts, createClients } from "../../src/authorization-server/clients/clients.ts";
import { openDisabledClients } from "../../src/authorization-server/clients/disabled-clients.ts";
import type { RegistrationLimits } from "../../src/authorization-server/clients/registration-ceilings.ts";
import type { Settings } from "../../src/config/settings.ts";
import { BUILT_IN_REDIRECTS } from "../../src/core/redirect-list.ts";
import { type SecurityEvent, silentLog } from "../../src/platform/logging.ts";
import { safeFetch } from "../../src/platform/safe-fetch.ts";
import { memoryCounters } from "../../src/store/counters.ts";
import { reachesThisComputer } from "./https-origin.ts";
import { openTestStore } from "./store/test-store.ts";

export const ISSUER = "https://gatehouse.example";

export type LoggedEvent = { readonly name: SecurityEvent } & Readonly<Record<string, unknown>>;

/** The clients of a server with an empty database, a clock that the test moves, and strangers on this computer. */
export async function openClients(
  options: RegistrationLimits &
    Partial<Pick<Settings, "clients" | "registration" | "redirectHosts" | "clientIdMetadataDocuments">> = {},
) {
  const store = await openTestStore({ database: ":memory:" });
  const events: LoggedEvent[] = [];
  let now = Date.parse("2026-09-01T12:00:00Z");
  const deps = {
    issuer: ISSUER,
    audiences: [ISSUER, `${ISSUER}/oauth/token`] as const,
    preregistered: options.clients ?? [],
    registration: options.registration ?? true,
    redirectHosts: options.redirectHosts,
    trustedRedirects: BUILT_IN_REDIRECTS,
    clientIdMetadataDocuments: options.clientIdMetadataDocuments ?? true,
    catalogue: {
      descriptions: new Map([
        ["mcp", "Use the tools"],
        ["todo:write", "Change your to-do list"],
      ]),
      required: ["mcp"],
      implies: new Map(),
    },
    store,
    disabled: await openDisabledClients(store, () => true),
    isUpToDate: () => true,
    counters: memoryCounters(),
    clock: () => now,
    log: {
      ...silentLog,
      event: (name, fields) => events.push({ name, ...fields }),
    } satisfies ClientsParts["log"],
    fetchDocument: (url, limits) => safeFetch(url, { ...limits, ...reachesThisComputer, timeoutMs: 2000 }),
    newRegistrationsPerMinute: options.newRegistrationsPerMinute,
    unapprovedClients: options.unapprovedClients,
  } satisfies ClientsParts & { audiences: readonly [string, ...string[]] };
  return {
    ...deps,
    clients: createClients(deps),
    /** What another process, or this one after a restart, has: the same database and an empty memory. */
    restarted: () => ({ ...deps, clients: createClients({ ...deps, counters: memoryCounters() }) }),
    events,
    pass(milliseconds: number): void {
      now += milliseconds;
    },
  };
}
export type ClientsRig = Awaited<ReturnType<typeof openClients>>;
