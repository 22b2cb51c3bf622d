import { OAuthError } from "../../core/errors.ts";
import type { OfferedOrganization, Organization } from "../../core/organization.ts";
import type { Approved } from "../../core/remembered-consent.ts";
import { shown } from "../../core/shown.ts";
import type { Organizations } from "../people/organizations.ts";
import type { SignedInRequest } from "./sealed-request.ts";

export type OrganizationParts = {
  /** Undefined where the operator has no `organizations`: nothing is offered then. */
  readonly organizations: Organizations | undefined;
};

/**
 * What the person may let the client of a request act in, as it is now.
 * @throws OAuthError `temporarily_unavailable` where the operator's function does not say it
 */
export async function offeredOrganizations(
  { person, clientId, clientName }: SignedInRequest,
  { organizations }: OrganizationParts,
): Promise<readonly OfferedOrganization[]> {
  return organizations ? organizations.offered(person, { id: clientId, name: clientName }) : [];
}

/** Whether the person can't connect an app, because they belong to nothing that it could act in. */
export function lacksOrganization(
  offered: readonly Organization[],
  { organizations }: OrganizationParts,
): boolean {
  return organizations?.required === true && offered.length === 0;
}

/**
 * The organization that a form names, among those that are offered now: the page that the form is from may be old, or never have
 * offered it. Null where nothing is offered and nothing is named.
 * @throws OAuthError for a page, where it is another one, or none and the person must choose
 */
export async function chosenOrganization(
  asked: SignedInRequest,
  named: string | undefined,
  parts: OrganizationParts,
): Promise<Organization | null> {
  const offered = await offeredOrganizations(asked, parts);
  const { called = "Organization" } = parts.organizations ?? {};
  if (named === undefined) {
    if (lacksOrganization(offered, parts)) throw hasNone(called, asked);
    if (offered.length === 0) return null;
    throw new OAuthError("invalid_request", `No ${called} is selected. Go back and select one, or deny.`);
  }
  const chosen = offered.find(({ id }) => id === named);
  if (chosen) return withoutPicture(chosen);
  throw new OAuthError(
    "access_denied",
    `You can't use this ${called} for this app. Go back and reload the page.`,
    {
      detail: `organization ${shown(named)} is not offered to ${asked.person.id}`,
      whatToDo: "Go back and reload the page. If that does not help, go back to your app and connect again.",
    },
  );
}

function hasNone(called: string, { person }: SignedInRequest): OAuthError {
  return new OAuthError("access_denied", `You don't belong to any ${called} here.`, {
    detail: `organizations returned none for ${person.id}, and one is required`,
    whatToDo: "Contact the server's operator, or connect again with another account.",
  });
}

function withoutPicture({ picture: _picture, ...organization }: OfferedOrganization): Organization {
  return organization;
}

/**
 * The id of the organization that is ticked at first: the only one, else that of the newest live grant.
 * @param approved what the person has approved for the client before, newest first
 */
export function suggestedOrganization(
  offered: readonly Organization[],
  approved: readonly Pick<Approved, "organization">[],
): string | undefined {
  const [first, second] = offered;
  if (!second) return first?.id;
  return offered.find(({ id }) => id === approved[0]?.organization?.id)?.id;
}
