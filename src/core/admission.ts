import { type Claims, claimAt, isClaimElsewhere } from "./claim-path.ts";
import {
  type AddressEntry,
  type DomainEntry,
  matchesAddress,
  matchesDomain,
  readAddress,
  resemblesAddress,
} from "./email-address.ts";
import { type Glob, matchesGlob } from "./glob.ts";

/** What an operator lists, ready to be compared. An empty list is one that was not given. */
export type AdmissionLists = {
  readonly emails: readonly AddressEntry[];
  readonly domains: readonly DomainEntry[];
  readonly groups: readonly Glob[];
  readonly claims: readonly ClaimEntry[];
};

/** A claim, by its name or path, and the values that are meant. */
export type ClaimEntry = { readonly name: string; readonly values: readonly Glob[] };

export type AdmissionRules = {
  /** No list limits who may come in: anyone may, or a function decides. */
  readonly isOpen: boolean;
  readonly allow: AdmissionLists;
  readonly deny: AdmissionLists;
};

/** What a method has proved of a person. */
export type Proved = {
  /** Verified ones only. */
  readonly emails: readonly string[];
  readonly groups: readonly string[];
  readonly claims: Claims;
  /** Whether the provider granted fewer scopes than it was asked for: what is missing above may be what they hid. */
  readonly isNarrowed?: boolean | undefined;
  /** Whether they have claims at a provider that was not asked now. */
  readonly lacksClaims?: boolean | undefined;
};

/** Why not is for the log: it names lists and entries, never the person's addresses. */
export type AdmissionDecision =
  | { readonly kind: "admitted" }
  | { readonly kind: "refused"; readonly why: string };

/**
 * Whether the lists let a person in. What denies is asked first, and of everyone.
 * @param people who can sign in by the method. `own` people are in because the operator put them there; `members` of one
 * organisation are in unless there are lists; of the `public`, only those whom an entry names are in.
 */
export function decideAdmission(
  { isOpen, allow, deny }: AdmissionRules,
  people: "own" | "members" | "public",
  proved: Proved,
): AdmissionDecision {
  // The person's browser carries the request, and can leave out the scope of what would deny them.
  if (proved.isNarrowed && listsGiven(deny).length > 0) {
    return {
      kind: "refused",
      why: "the provider granted fewer scopes than were asked for, so admit.deny cannot be held against them",
    };
  }
  if (proved.lacksClaims && deny.claims.length > 0) {
    return {
      kind: "refused",
      why: "their provider was not asked, so admit.deny.claims cannot be held against them",
    };
  }
  const denied = denyingEntry(deny, proved);
  if (denied !== undefined) return { kind: "refused", why: denied };
  const given = listsGiven(allow);
  const needsNoEntry = people === "own" || isOpen || (people === "members" && given.length === 0);
  if (needsNoEntry || isAllowed(allow, proved)) return { kind: "admitted" };
  return { kind: "refused", why: unlisted(given, proved) };
}

/** The names of the lists that have entries. */
export function listsGiven(lists: AdmissionLists): readonly string[] {
  return (["emails", "domains", "groups", "claims"] as const).filter((name) => lists[name].length > 0);
}

function isAllowed({ emails, domains, groups, claims }: AdmissionLists, proved: Proved): boolean {
  const addresses = proved.emails.flatMap((email) => readAddress(email) ?? []);
  return (
    addresses.some((address) => emails.some((entry) => matchesAddress(entry, address))) ||
    addresses.some((address) => domains.some((entry) => matchesDomain(entry, address))) ||
    groups.some((entry) => matchesAny(entry, proved.groups)) ||
    claims.some(({ name, values }) => {
      const { texts } = comparable(claimAt(proved.claims, name));
      return values.some((entry) => matchesAny(entry, texts));
    })
  );
}

/**
 * The entry that keeps a person out, as the operator finds it. Also where it cannot be told whether one does: what
 * cannot be compared would be the way around every list.
 */
function denyingEntry(
  { emails, domains, groups, claims }: AdmissionLists,
  proved: Proved,
): string | undefined {
  const addresses = proved.emails.map(readAddress);
  const known = addresses.filter((address) => address !== undefined);
  const email = emails.findIndex((entry) => known.some((address) => resemblesAddress(entry, address)));
  if (email >= 0) return `admit.deny.emails[${email}] names them`;
  const domain = domains.findIndex((entry) => known.some((address) => matchesDomain(entry, address)));
  if (domain >= 0) return `admit.deny.domains[${domain}] names them`;
  const hasAddressList = emails.length > 0 || domains.length > 0;
  if (hasAddressList && known.length < addresses.length) {
    return "one of their addresses cannot be compared with admit.deny";
  }
  const group = groups.findIndex((entry) => matchesAny(entry, proved.groups));
  if (group >= 0) return `admit.deny.groups[${group}] names them`;
  for (const { name, values } of claims) {
    const { texts, isAll } = comparable(claimAt(proved.claims, name));
    if (values.some((entry) => matchesAny(entry, texts))) return `admit.deny.claims names them, by ${name}`;
    if (!isAll || isClaimElsewhere(proved.claims, name)) {
      return `their claim ${name} cannot be compared with admit.deny.claims`;
    }
  }
  return undefined;
}

/** What is empty says nothing, and so no `*` stands for it. */
function matchesAny(entry: Glob, texts: readonly string[]): boolean {
  return texts.some((text) => text !== "" && matchesGlob(entry, text));
}

/** The values of a claim as text, and whether that is all of it: no object, and no number that JSON rounds. */
function comparable(claim: unknown): { readonly texts: readonly string[]; readonly isAll: boolean } {
  const values = [claim].flat().filter((value) => value !== undefined && value !== null);
  const texts = values.filter(isComparable).map(String);
  return { texts, isAll: texts.length === values.length };
}

function isComparable(value: unknown): boolean {
  return typeof value === "string" || typeof value === "boolean" || Number.isSafeInteger(value);
}

function unlisted(given: readonly string[], { emails, groups }: Proved): string {
  const lists = given.map((name) => `admit.${name}`).join(" or ") || "admit";
  const count = (number: number, one: string, many: string) => `${number} ${number === 1 ? one : many}`;
  return `no entry of ${lists} names them; they have ${count(emails.length, "verified address", "verified addresses")} and ${count(groups.length, "group", "groups")}`;
}
