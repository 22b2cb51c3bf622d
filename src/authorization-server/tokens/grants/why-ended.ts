import type { Grant, RevocationReason } from "../../../core/grant.ts";
import type { CheckActive } from "../../people/active.ts";
import type { Organizations } from "../../people/organizations.ts";

/** The operator's functions that say whether a grant may go on. */
export type OperatorsWord = {
  /** Undefined where the operator has no `isActive`. */
  readonly checkActive: CheckActive | undefined;
  /** Undefined where the operator has no `organizations`. */
  readonly organizations: Pick<Organizations, "offered" | "required"> | undefined;
};

/** Whether there is anything to ask. */
export function asksOperator({ checkActive, organizations }: OperatorsWord): boolean {
  return checkActive !== undefined || organizations !== undefined;
}

/**
 * Why the operator's functions end a grant; undefined where they do not.
 * @throws OAuthError `temporarily_unavailable` where one of them gives no answer: ask before anything is written
 */
export async function whyEnded(
  { person, organization, clientId, clientName }: Grant,
  { checkActive, organizations }: OperatorsWord,
): Promise<{ readonly reason: RevocationReason; readonly why: string } | undefined> {
  if (checkActive && !(await checkActive(person))) {
    return { reason: "person_inactive", why: "isActive returned false for the person" };
  }
  if (!organizations) return undefined;
  if (organization === null) {
    return organizations.required
      ? { reason: "organization_missing", why: "the grant has no organization, and one is required" }
      : undefined;
  }
  const offered = await organizations.offered(person, { id: clientId, name: clientName });
  return offered.some(({ id }) => id === organization.id)
    ? undefined
    : { reason: "organization_left", why: `organizations did not return ${organization.id} for the person` };
}
