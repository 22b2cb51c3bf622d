import type { Identity } from "../../core/identity.ts";
import type { Person } from "../../core/person.ts";
import type { IdentityRecord } from "../../store/people-records.ts";
import { companiesOf, companyOf, type NamedMethod } from "../sign-in/sign-in-page.ts";
import { identityId } from "./identity-id.ts";

/** The method of this server that proves an identity; undefined where the operator no longer has it. */
export function methodOf(identity: Identity, methods: readonly NamedMethod[]): NamedMethod | undefined {
  return methods.find(({ proves }) => proves(identity));
}

/** The identities with which a person can sign in. One whose method is gone is no way in. */
export async function waysIn(
  identities: readonly IdentityRecord[],
  methods: readonly NamedMethod[],
): Promise<readonly IdentityRecord[]> {
  const usable = await Promise.all(
    identities.map(async (identity) => {
      const method = methodOf(identity, methods);
      return method !== undefined && (method.isUsable === undefined || (await method.isUsable(identity)));
    }),
  );
  return identities.filter((_, index) => usable[index]);
}

/** A way in that a person still has without this one of their identities. */
export function wayInWithout(
  identity: Identity,
  ways: readonly IdentityRecord[],
): IdentityRecord | undefined {
  const id = identityId(identity);
  return ways.find((other) => identityId(other) !== id);
}

/** Whether a person may remove an identity: one that the page could not link again stays, so that no click is final. */
export function isLinked(identity: Identity, methods: readonly NamedMethod[]): boolean {
  const method = methodOf(identity, methods);
  return method === undefined || canLink(method);
}

/** Whether the account page can link what a method proves: by a redirect, or by the method's form on the sign-in page. */
function canLink({ panel, linkLabel }: NamedMethod): boolean {
  return panel.kind === "button" || linkLabel !== undefined;
}

/**
 * The methods that can be linked and prove none of a person's identities yet. Of several companies only those whose addresses the person
 * has: which others sign in here is not theirs to read.
 */
export function linkable(
  person: Person,
  identities: readonly Identity[],
  methods: readonly NamedMethod[],
): readonly NamedMethod[] {
  const own = companyOf(person.email, methods);
  const hidden = companiesOf(methods).filter((company) => company !== own);
  return methods.filter(
    (method) =>
      canLink(method) && !identities.some(method.proves) && !hidden.some(({ name }) => name === method.name),
  );
}
