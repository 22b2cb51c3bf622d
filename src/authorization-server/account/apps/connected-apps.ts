import { identityOf } from "../../../core/client.ts";
import { OAuthError } from "../../../core/errors.ts";
import type { Grant } from "../../../core/grant.ts";
import { destination } from "../../../core/redirect-uri.ts";
import type { ScopeCatalogue } from "../../../core/scopes.ts";
import type { AccountApp } from "../../../pages/account/app-values.ts";
import type { Clock } from "../../../platform/clock.ts";
import type { GrantFilter } from "../../../store/grant-records.ts";
import type { Store } from "../../../store/store.ts";
import type { Clients } from "../../clients/clients.ts";
import { clientOf } from "./client-of.ts";

export type ConnectedAppsParts = {
  readonly store: Pick<Store, "listGrants">;
  readonly clients: Pick<Clients, "known">;
  readonly catalogue: ScopeCatalogue;
  readonly toolsByScope: () => ReadonlyMap<string, readonly string[]>;
  readonly clock: Clock;
};

/** After which app a page begins. */
export type AfterApp = NonNullable<GrantFilter["after"]>;

export type ConnectedApps = {
  /** Newest first. */
  readonly apps: readonly AccountApp[];
  /** The last one, where there are more after it. */
  readonly next: AfterApp | undefined;
};

/** The live grants of a person, a page of them. A program's own grant is not theirs, though they may have its id. */
export async function connectedApps(
  personId: string,
  { after, most }: { readonly after?: AfterApp | undefined; readonly most: number },
  parts: ConnectedAppsParts,
): Promise<ConnectedApps> {
  const { store, clock } = parts;
  const found = await store.listGrants({
    personId,
    isPersons: true,
    liveAt: clock(),
    ...(after && { after }),
    // One more says whether there are more.
    limit: most + 1,
  });
  const grants = found.slice(0, most);
  const last = grants.at(-1);
  return {
    apps: await Promise.all(grants.map((grant) => appOf(grant, parts))),
    next: found.length > most && last ? { createdAt: last.createdAt, id: last.id } : undefined,
  };
}

export function afterApp(text: string): AfterApp | undefined {
  const [, createdAt, id] = /^(\d{1,15})-([A-Za-z0-9_-]{1,64})$/.exec(text) ?? [];
  return createdAt === undefined || id === undefined ? undefined : { createdAt: Number(createdAt), id };
}

export function afterAppText({ createdAt, id }: AfterApp): string {
  return `${createdAt}-${id}`;
}

async function appOf(grant: Grant, parts: ConnectedAppsParts): Promise<AccountApp> {
  const { clients, catalogue, toolsByScope } = parts;
  const client = await clients.known(grant.clientId);
  const tools = toolsByScope();
  return {
    id: grant.id,
    client: client
      ? { ...identityOf(client), name: grant.clientName }
      : clientOf(grant.clientId, grant.clientName),
    isKnown: client !== undefined,
    place: placeOf(grant.redirectUri),
    organization: grant.organization?.name,
    scopes: grant.scopes.map((scope) => ({
      description: catalogue.descriptions.get(scope) ?? scope,
      tools: tools.get(scope) ?? [],
    })),
    approvedAt: grant.createdAt,
    isConnected: grant.redeemedAt !== null,
    // The first generation came with the connection itself.
    refreshedAt: grant.generation > 1 ? grant.rotatedAt : null,
    usedAt: grant.usedAt,
    refused: refusedOf(grant),
  };
}

export function refusedOf({
  refusedAt,
  refusal,
}: Pick<Grant, "refusedAt" | "refusal">): AccountApp["refused"] {
  return refusedAt === null || refusal === null ? undefined : { at: refusedAt, why: refusal };
}

/** Undefined for an address that may not be registered any more: then there is nothing to say about it. */
function placeOf(redirectUri: string): AccountApp["place"] {
  try {
    return destination(redirectUri);
  } catch (error) {
    if (error instanceof OAuthError) return undefined;
    throw error;
  }
}
