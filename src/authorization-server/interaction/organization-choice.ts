import type { OAuthError } from "../../core/errors.ts";
import type { OfferedOrganization, Organization } from "../../core/organization.ts";
import type { Approved } from "../../core/remembered-consent.ts";
import { shown } from "../../core/shown.ts";
import type { OrganizationChoice } from "../../pages/consent/organization.ts";
import { shownName } from "../../pages/html.ts";
import { PageError, type Says } from "../../pages/page-error.ts";
import type { Store } from "../../store/store.ts";
import type { Organizations } from "../people/organizations.ts";
import type { SignedInRequest } from "./sealed-request.ts";

export type OrganizationParts = {
  /** Undefined where the operator has no `organizations`: nothing is offered then. */
  readonly organizations: Organizations | undefined;
};

/**
 * Says what the person may let the client of a request act in, as it is now.
 * @throws OAuthError `temporarily_unavailable` where the operator's function does not say it
 */
export type AskOffered = () => Promise<readonly OfferedOrganization[]>;

/** Asks the operator's function at the first call alone. Only for one request: what it said before is old in the next one. */
export function offeredTo(
  { person, clientId, clientName }: SignedInRequest,
  { organizations }: OrganizationParts,
): AskOffered {
  let offered: ReturnType<AskOffered> | undefined;
  return async () => {
    if (!organizations) return [];
    offered ??= organizations.offered(person, { id: clientId, name: clientName });
    return offered;
  };
}

/** Why the person can't connect an app: they belong to nothing that it could act in. Undefined where they can. */
export function lackOfOrganization(
  offered: readonly Organization[],
  { person }: SignedInRequest,
  { organizations }: OrganizationParts,
): OAuthError | undefined {
  if (!organizations?.required || offered.length > 0) return undefined;
  const { called } = organizations;
  return new PageError("access_denied", ({ consent }) => consent.problems.noOrganization(called), {
    detail: `organizations returned none for ${person.id}, and one is required`,
    advises: ({ consent }) => consent.problems.askToBeAdded,
  });
}

/**
 * The organization that a form names, among those that are offered now: the page that the form is from may be old, or never have
 * offered it. Null where nothing is offered and nothing is named.
 * @throws OAuthError for a page, where it is another one, or none and the person must choose
 */
export async function chosenOrganization(
  asked: SignedInRequest,
  named: string | undefined,
  parts: OrganizationParts & { readonly store: Pick<Store, "listGrants"> },
): Promise<Organization | null> {
  const offered = await offeredTo(asked, parts)();
  const called = parts.organizations?.called ?? "";
  if (named === undefined) {
    const lack = lackOfOrganization(offered, asked, parts);
    if (lack) throw lack;
    if (offered.length === 0) return null;
    throw new PageError(
      "invalid_request",
      ({ consent }) => consent.problems.organizationNotSelected(called),
      {
        advises: ({ consent }) => consent.problems.selectOne,
      },
    );
  }
  const chosen = offered.find(({ id }) => id === named);
  if (chosen) return withoutPicture(chosen);
  const name = await formerName(asked, named, parts);
  const says: Says = ({ consent: { problems } }) =>
    name === undefined
      ? problems.someOrganizationNotOffered
      : problems.organizationNotOffered(shownName(name));
  throw new PageError("access_denied", says, {
    detail: `organization ${shown(named)} is not offered to ${asked.person.id}`,
    advises: ({ consent }) => consent.problems.reloadPage,
  });
}

/** What it was called when the person approved the client for it; undefined where they never did. No one else's names are shown. */
async function formerName(
  { clientId, person }: SignedInRequest,
  id: string,
  { store }: { readonly store: Pick<Store, "listGrants"> },
): Promise<string | undefined> {
  const grants = await store.listGrants({ clientId, personId: person.id, limit: MOST_GRANTS });
  return grants.find(({ organization }) => organization?.id === id)?.organization?.name;
}

const MOST_GRANTS = 100;

function withoutPicture({ picture: _picture, ...organization }: OfferedOrganization): Organization {
  return organization;
}

/**
 * What the page offers; undefined where there is nothing to choose.
 * @param approved what the person has approved for the client before, newest first: what they chose last is ticked
 */
export function organizationChoice(
  offered: readonly OfferedOrganization[],
  approved: readonly Pick<Approved, "organization">[],
  { organizations }: OrganizationParts,
): OrganizationChoice | undefined {
  if (!organizations || offered.length === 0) return undefined;
  const before = offered.find(({ id }) => id === approved[0]?.organization?.id);
  return { called: organizations.called, offered, suggested: before?.id };
}
