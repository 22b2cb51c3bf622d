import { createHash } from "node:crypto";
import { type Client, type ClientIdentity, identityOf } from "./client.ts";
import type { Grant } from "./grant.ts";
import type { Organization } from "./organization.ts";
import { redirectKind } from "./redirect-uri.ts";

/** What a request asks a person for, as far as it says whether they must be asked. */
export type AskedConsent = {
  readonly client: ClientIdentity;
  readonly redirectUri: string;
  readonly resource: string;
  readonly scopes: readonly string[];
  /** Whether a session of the browser stands for the person, and not a sign-in for this request alone. */
  readonly isInSession: boolean;
  /** `prompt=consent` (OpenID Connect Core 1.0 §3.1.2.1). */
  readonly asksAnyway: boolean;
};

/** An earlier approval: a grant that is live. */
export type Approved = Pick<
  Grant,
  | "id"
  | "clientId"
  | "clientName"
  | "organization"
  | "redirectUri"
  | "resource"
  | "scopes"
  | "redeemedAt"
  | "approvedAs"
>;

/**
 * Whether an approval of this request is one that later requests can rest on. Only the operator's word proves who a client is,
 * and only an https address belongs to someone: on this computer, any program can be at the other end.
 */
export function isRememberable({
  client,
  redirectUri,
  isInSession,
}: Pick<AskedConsent, "client" | "redirectUri" | "isInSession">): boolean {
  return (
    client.origin === "preregistered" &&
    client.remembersConsent === true &&
    isInSession &&
    redirectKind(redirectUri) === "https"
  );
}

/**
 * The approval that this request can rest on, so that no page is needed. Undefined where the person must be asked.
 * @param client as it is now.
 * @param approved live grants of the person who is signed in, of this client, newest first.
 * @param offered the organizations that the person may choose now.
 */
export function rememberedApproval(
  asked: AskedConsent,
  client: Client,
  approved: readonly Approved[],
  offered: readonly Organization[] = [],
): Approved | undefined {
  if (asked.asksAnyway || !isRememberable(asked)) return undefined;
  const mark = approvedMark(asked.client, client);
  if (mark === null) return undefined;
  if (hasTwoOrganizations(approved)) return undefined;
  return approved.find(
    (grant) =>
      grant.approvedAs === mark &&
      // A code that no client redeemed has connected nothing.
      grant.redeemedAt !== null &&
      isSamePlace(asked, grant) &&
      isOffered(grant, offered) &&
      asked.scopes.every((scope) => grant.scopes.includes(scope)),
  );
}

type OfOrganization = Pick<Grant, "organization">;

/** Then only the person knows which one is meant now. */
function hasTwoOrganizations(approved: readonly OfOrganization[]): boolean {
  return new Set(approved.flatMap(({ organization }) => organization?.id ?? [])).size > 1;
}

/** Where nothing is offered, only a grant without an organization is the same as one that would be made now. */
function isOffered({ organization }: OfOrganization, offered: readonly Organization[]): boolean {
  if (organization === null) return offered.length === 0;
  return offered.some(({ id }) => id === organization.id);
}

/** Letter for letter. */
function isSamePlace(
  { client, redirectUri, resource }: AskedConsent,
  grant: Pick<Approved, "clientId" | "redirectUri" | "resource">,
): boolean {
  return grant.clientId === client.id && grant.redirectUri === redirectUri && grant.resource === resource;
}

/**
 * What is kept of a client with an approval: a hash of all that the operator said of it, so that one whose name, addresses or
 * keys have changed since is another one. Null where it has changed since the person was asked.
 * @param shown the client as the page shows it.
 * @param client as it is now.
 */
export function approvedMark(shown: ClientIdentity, client: Client): string | null {
  const now = identityOf(client);
  const isAsShown =
    now.id === shown.id &&
    now.name === shown.name &&
    now.origin === shown.origin &&
    now.holdsKey === shown.holdsKey &&
    now.remembersConsent === (shown.remembersConsent ?? false);
  return isAsShown ? hashOf(client) : null;
}

function hashOf(client: Client): string {
  const { clientUri: _clientUri, logoUri: _logoUri, createdAt, ...described } = client;
  // A client of the operator that was removed and added again is another one; a document is fetched again and again.
  const since = client.origin === "metadata_document" ? null : createdAt;
  const said = Object.entries({ ...described, since }).sort(([one], [other]) => (one < other ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(said)).digest("base64url");
}
