import { type DomainEntry, matchesDomain, readAddress } from "../../../core/email-address.ts";
import { hasUnseen } from "../../../core/person-id.ts";
import { shown } from "../../../core/shown.ts";
import type { Proof } from "../method.ts";
import { BrokenOff } from "../upstream/provider.ts";
import { boundedProfile, emailsOf, groupsOf, idOfPerson, labelOf } from "../upstream/said.ts";
import type { Asserted, NameId } from "./assertion.ts";
import type { Company } from "./company.ts";
import { SAML } from "./names.ts";

const LONGEST_SUBJECT = 255;
const FORMATS = {
  transient: "urn:oasis:names:tc:SAML:2.0:nameid-format:transient",
  emailAddress: "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
} as const;

type Attributes = Asserted["attributes"];

/**
 * Whom an assertion proves.
 * @throws BrokenOff where it names no one, or more than can be kept
 */
export function proofOf({ attributes, nameId, authenticatedAt }: Asserted, settings: Company): Proof {
  const subject = subjectOf(attributes, nameId, settings);
  const addressed = addressesIn(attributes, nameId, settings);
  const said = emailsOf(addressed);
  const emails = said.filter((address) => isOfDomain(address, settings.domains));
  const [email] = emails;
  const name = nameOfPerson(attributes, settings);
  const claims = claimsOf(attributes, emails, settings);
  return {
    identity: { method: SAML, issuer: settings.entityId, subject },
    label: labelOf([email, name, subject]),
    personId: idOfPerson(claims, settings),
    profile: boundedProfile({
      ...Object.fromEntries(
        settings.profile.flatMap((one) => (one in claims && one !== "id" ? [[one, claims[one]]] : [])),
      ),
      ...(name !== undefined && { name }),
      ...(email !== undefined && { email }),
    }),
    emails,
    groups: settings.groups === undefined ? [] : listedGroups(attributes, settings.groups),
    claims,
    notCounted: said.length > emails.length ? notCounted(settings) : undefined,
    authenticatedAt,
    // Its logout is not ours to hear, and an id of its sessions would only be kept.
    upstream: undefined,
  };
}

/** @throws BrokenOff */
function subjectOf(
  attributes: Attributes,
  nameId: NameId | undefined,
  { subject: name, nameIdFormat }: Company,
): string {
  if (name !== undefined) {
    const [value, ...more] = attributes.get(name) ?? [];
    return usableSubject(more.length > 0 ? undefined : value, `the attribute ${name}`);
  }
  if (nameId?.format === FORMATS.transient) {
    throw unusable(
      "the NameID is transient, so it is another one each time: let the identity provider send a persistent one, or set the option subject",
    );
  }
  if (nameIdFormat !== undefined && nameId?.format !== nameIdFormat) {
    throw unusable(`the NameID has the format ${shown(nameId?.format)}, expected ${shown(nameIdFormat)}`);
  }
  return usableSubject(nameId?.value, "the NameID");
}

/** As it is written: of what is cut off, two people could be one. */
function usableSubject(value: string | undefined, what: string): string {
  if (value === undefined || value === "")
    throw unusable(`${what}, which tells people apart, is missing or repeated`);
  if (value.trim() !== value || value.length > LONGEST_SUBJECT || hasUnseen(value)) {
    throw unusable(
      `${what}, which tells people apart, can't be used: it is too long, or has white space around it or characters that can't be seen`,
    );
  }
  return value;
}

function unusable(reason: string): BrokenOff {
  return new BrokenOff("unusable_account", reason);
}

/** Of the first attribute that is there, or the NameID where that is an address. */
function addressesIn(
  attributes: Attributes,
  nameId: NameId | undefined,
  { email }: Company,
): readonly string[] {
  const name = email.find((one) => attributes.has(one));
  if (name !== undefined) return attributes.get(name) ?? [];
  return nameId?.format === FORMATS.emailAddress ? [nameId.value] : [];
}

/** A company speaks for the addresses of its own domains, and for no others: its provider can write any. */
function isOfDomain(text: string, domains: readonly DomainEntry[]): boolean {
  const address = readAddress(text);
  return address !== undefined && domains.some((domain) => matchesDomain(domain, address));
}

function notCounted({ name, domains }: Company): string {
  return domains.length === 0
    ? `${name} has no domains, so the address that it says does not count`
    : `an address that ${name} says is outside its domains, so it does not count`;
}

/** Like those of a provider with OpenID Connect, they have no address that does not count. */
function claimsOf(
  attributes: Attributes,
  emails: readonly string[],
  { email }: Company,
): Readonly<Record<string, unknown>> {
  const claims = [...attributes].flatMap(([name, values]): [string, unknown][] => {
    const kept = email.includes(name) ? values.filter((value) => emails.includes(value)) : values;
    return kept.length === 0 ? [] : [[name, kept.length === 1 ? kept[0] : kept]];
  });
  return Object.fromEntries(claims);
}

const XMLSOAP = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims";
const NAMES = [
  "displayName",
  "http://schemas.microsoft.com/identity/claims/displayname",
  "urn:oid:2.16.840.1.113730.3.1.241",
];
const GIVEN_NAMES = ["firstName", "givenName", "first_name", `${XMLSOAP}/givenname`, "urn:oid:2.5.4.42"];
const FAMILY_NAMES = ["lastName", "surname", "sn", "last_name", `${XMLSOAP}/surname`, "urn:oid:2.5.4.4"];

function nameOfPerson(attributes: Attributes, { displayName }: Company): string | undefined {
  const first = (names: readonly string[]) =>
    names
      .flatMap((one) => attributes.get(one) ?? [])
      .find((value) => value.trim() !== "")
      ?.trim();
  if (displayName !== undefined) return first([displayName]);
  const whole = first(NAMES);
  if (whole !== undefined) return whole;
  const parts = [first(GIVEN_NAMES), first(FAMILY_NAMES)].filter((part) => part !== undefined);
  return parts.length > 0 ? parts.join(" ") : undefined;
}

const OVERAGE = "http://schemas.microsoft.com/claims/groups.link";

/** @throws BrokenOff where the groups are elsewhere: without them, a list of groups to refuse would let this person in */
function listedGroups(attributes: Attributes, name: string): readonly string[] {
  if (attributes.has(OVERAGE)) {
    throw unusable(
      "the person has more groups than the identity provider puts into an assertion (groups overage): let it send only those that are assigned to the application",
    );
  }
  return groupsOf(attributes.get(name) ?? []);
}
