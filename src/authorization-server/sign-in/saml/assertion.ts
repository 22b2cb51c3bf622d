import { CLOCK_SKEW_SECONDS } from "../../../core/clock-skew.ts";
import { isKeepable } from "../../../core/person-id.ts";
import { shown } from "../../../core/shown.ts";
import { BrokenOff } from "../upstream/provider.ts";
import type { Company } from "./company.ts";
import { ASSERTION } from "./names.ts";
import type { ServiceProvider } from "./service-provider.ts";
import { timeOf } from "./times.ts";
import { childrenOf, type XmlElement } from "./xml.ts";

/** What an assertion says, once it is known to be this provider's, for this server, and of now. */
export type Asserted = {
  readonly id: string;
  /** The id of the request that it answers. Whose browser has that request, is checked where the browser is. */
  readonly inResponseTo: string;
  readonly nameId: NameId | undefined;
  /** Epoch milliseconds: when the person signed in at the provider. */
  readonly authenticatedAt: number;
  /** Texts by the attribute's name. */
  readonly attributes: ReadonlyMap<string, readonly string[]>;
};

export type NameId = { readonly value: string; readonly format: string | undefined };

const SKEW_MS = CLOCK_SKEW_SECONDS * 1000;
const BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
const LONGEST_ID = 255;
/** SAML 2.0 Core §2.5.1: an assertion with a condition that is not understood counts as none. */
const CONDITIONS: ReadonlySet<string> = new Set(["AudienceRestriction", "OneTimeUse", "ProxyRestriction"]);

/**
 * Checks a verified assertion (SAML 2.0 Profiles §4.1.4.3).
 * @param assertion from {@link verifiedAssertion}: nothing that is not signed is read here
 * @throws BrokenOff
 */
export function checkAssertion(
  assertion: XmlElement,
  settings: Pick<Company, "entityId">,
  here: ServiceProvider,
  now: number,
): Asserted {
  const id = assertion.attributes.get("ID") ?? "";
  if (id === "" || id.length > LONGEST_ID || !isKeepable(id)) throw wrong("the assertion has no usable ID");
  if (assertion.attributes.get("Version") !== "2.0") throw wrong("the assertion is not of SAML 2.0");
  requireIssuer(assertion, settings);
  requireConditions(assertion, here, now);
  const subject = only(assertion, "Subject");
  return {
    id,
    inResponseTo: requireConfirmation(subject, here, now),
    nameId: nameIdIn(subject),
    authenticatedAt: signInTime(assertion, now),
    attributes: attributesIn(assertion),
  };
}

function wrong(reason: string): BrokenOff {
  return new BrokenOff("wrong_answer", reason);
}

function only(parent: XmlElement, name: string): XmlElement {
  const [first, ...more] = childrenOf(parent, ASSERTION, name);
  if (!first || more.length > 0)
    throw wrong(`the ${parent.name} must have one ${name}, and has ${first ? more.length + 1 : 0}`);
  return first;
}

function requireIssuer(assertion: XmlElement, { entityId }: Pick<Company, "entityId">): void {
  const issuer = only(assertion, "Issuer").text;
  if (issuer !== entityId) throw wrong(`the assertion is from ${shown(issuer)}, expected ${shown(entityId)}`);
}

function requireConditions(assertion: XmlElement, { entityId }: ServiceProvider, now: number): void {
  const conditions = only(assertion, "Conditions");
  requireTimes(conditions, "the assertion", now);
  const unknown = conditions.children.find(
    ({ namespace, name }) => namespace !== ASSERTION || !CONDITIONS.has(name),
  );
  if (unknown) throw wrong(`the assertion has the condition ${shown(unknown.name)}, which is not understood`);
  const restrictions = childrenOf(conditions, ASSERTION, "AudienceRestriction");
  if (restrictions.length === 0) throw wrong("the assertion names no audience");
  for (const restriction of restrictions) {
    const audiences = childrenOf(restriction, ASSERTION, "Audience").map(({ text }) => text);
    if (!audiences.includes(entityId)) {
      throw wrong(
        `the assertion is for the audience ${shown(audiences.join(", "))}, expected ${shown(entityId)}`,
      );
    }
  }
}

function requireTimes({ attributes }: XmlElement, what: string, now: number): void {
  const [notBefore, notOnOrAfter] = ["NotBefore", "NotOnOrAfter"].map((name) => {
    const written = attributes.get(name);
    const time = written === undefined ? undefined : timeOf(written);
    if (written !== undefined && time === undefined) throw wrong(`${what} has a ${name} that is not a time`);
    return time;
  });
  if (notOnOrAfter === undefined) throw wrong(`${what} has no NotOnOrAfter`);
  if (notBefore !== undefined && now + SKEW_MS < notBefore)
    throw wrong(`${what} is not valid yet (NotBefore)`);
  if (now - SKEW_MS >= notOnOrAfter) throw wrong(`${what} has expired (NotOnOrAfter)`);
}

/** One that fits is enough (SAML 2.0 Core §2.4.1). @returns the id of the request that it answers */
function requireConfirmation(subject: XmlElement, here: ServiceProvider, now: number): string {
  const reasons: string[] = [];
  for (const confirmation of childrenOf(subject, ASSERTION, "SubjectConfirmation")) {
    try {
      return checkConfirmation(confirmation, here, now);
    } catch (error) {
      if (!(error instanceof BrokenOff)) throw error;
      reasons.push(error.message);
    }
  }
  throw wrong(reasons[0] ?? "the assertion has no subject confirmation");
}

function checkConfirmation(confirmation: XmlElement, { acsUrl }: ServiceProvider, now: number): string {
  if (confirmation.attributes.get("Method") !== BEARER)
    throw wrong("the subject confirmation is not of a bearer");
  const data = only(confirmation, "SubjectConfirmationData");
  const recipient = data.attributes.get("Recipient");
  if (recipient !== acsUrl)
    throw wrong(`the assertion is for the recipient ${shown(recipient)}, expected ${shown(acsUrl)}`);
  if (data.attributes.has("NotBefore")) throw wrong("the subject confirmation has a NotBefore");
  requireTimes(data, "the subject confirmation", now);
  const inResponseTo = data.attributes.get("InResponseTo");
  if (inResponseTo === undefined) {
    throw wrong(
      "the assertion answers no request: sign-ins that begin at the identity provider are not accepted",
    );
  }
  return inResponseTo;
}

function nameIdIn(subject: XmlElement): NameId | undefined {
  const [nameId, ...more] = childrenOf(subject, ASSERTION, "NameID");
  if (!nameId) return undefined;
  if (more.length > 0 || nameId.children.length > 0) throw wrong("the NameID is not one text");
  return { value: nameId.text, format: nameId.attributes.get("Format") };
}

/** The earliest, where there are several: it is held against when a new sign-in was asked for. */
function signInTime(assertion: XmlElement, now: number): number {
  const statements = childrenOf(assertion, ASSERTION, "AuthnStatement");
  const times = statements.map(({ attributes }) => timeOf(attributes.get("AuthnInstant") ?? ""));
  const known = times.filter((time) => time !== undefined);
  if (known.length === 0 || known.length < times.length)
    throw wrong("the assertion does not say when the person signed in");
  for (const { attributes } of statements) {
    const end = attributes.get("SessionNotOnOrAfter");
    const time = end === undefined ? undefined : timeOf(end);
    if (time !== undefined && now - SKEW_MS >= time)
      throw wrong("the session at the identity provider has ended");
  }
  return Math.min(now, ...known);
}

/** What is no plain text is left out. */
function attributesIn(assertion: XmlElement): ReadonlyMap<string, readonly string[]> {
  const attributes = new Map<string, readonly string[]>();
  const all = childrenOf(assertion, ASSERTION, "AttributeStatement").flatMap((statement) =>
    childrenOf(statement, ASSERTION, "Attribute"),
  );
  for (const attribute of all) {
    const name = attribute.attributes.get("Name") ?? "";
    const texts = childrenOf(attribute, ASSERTION, "AttributeValue")
      .filter(({ children }) => children.length === 0)
      .map(({ text }) => text)
      .filter(isKeepable);
    attributes.set(name, [...(attributes.get(name) ?? []), ...texts]);
  }
  return attributes;
}
