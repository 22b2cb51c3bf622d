import { type Glob, matchesGlob, readGlob } from "./glob.ts";

/** An address in the parts that are compared: ASCII letters in lower case, the domain as the DNS has it (`xn--…`). */
export type EmailAddress = { readonly local: string; readonly domain: string };

/** A domain, or all that is below one. */
export type DomainEntry = { readonly domain: string; readonly isBelow: boolean };

/** Addresses of one domain, or of all that is below one. */
export type AddressEntry = { readonly local: Glob; readonly at: DomainEntry };

type Read<Entry> = { readonly entry: Entry } | { readonly problem: string };

/** RFC 5321 §4.5.3.1 allows 64 and 255 octets. */
const LONGEST = 320;

/**
 * Undefined for what no mail system says the same of as the next one: a quoted local part, comments, two `@`, spaces,
 * invisible characters, a domain that is a number or ends with a dot.
 */
export function readAddress(text: string): EmailAddress | undefined {
  const [local = "", host, ...more] = text.split("@");
  if (host === undefined || more.length > 0 || text.length > LONGEST || !isPlain(local)) return undefined;
  const domain = asciiDomain(host);
  return domain === undefined ? undefined : { local: lowerCase(local), domain };
}

/** RFC 5321 §4.5.3.1.1. */
const LONGEST_LOCAL = 64;
/** With the brackets of a path around it, 256 (RFC 5321 §4.5.3.1.3). */
const LONGEST_MAILBOX = 254;
/** A dot-atom of ASCII characters (RFC 5322 §3.2.3). */
const DOT_ATOM = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;

/**
 * The one spelling of an address that mail is sent to and that tells people apart: lower case, and the domain as the DNS has it.
 * Undefined for all that is not exactly one plain address: a display name, a list, quotes, a line break, characters beyond ASCII before
 * the "@" (mail systems differ on which of them are equal), a domain without a dot.
 * @param text as a person typed it; spaces around it do not count
 */
export function readMailbox(text: string): string | undefined {
  const address = readAddress(text.replace(/^[ \t]+|[ \t]+$/g, ""));
  if (!address?.domain.includes(".")) return undefined;
  const { local, domain } = address;
  const mailbox = `${local}@${domain}`;
  return DOT_ATOM.test(local) && local.length <= LONGEST_LOCAL && mailbox.length <= LONGEST_MAILBOX
    ? mailbox
    : undefined;
}

/**
 * The mailbox that an address is likely to end in, for counting alone: many systems deliver "ada+anything" and "a.da" to "ada".
 * @param mailbox as {@link readMailbox} hands it back
 */
export function likelyMailbox(mailbox: string): string {
  const [local = "", domain = ""] = mailbox.split("@");
  const bare = local.replace(/[+].*$/, "").replaceAll(".", "");
  return `${bare === "" ? local : bare}@${domain}`;
}

export const ADDRESS_ENTRY =
  'an address, such as "ada@example.com", or "*@example.com" for all of a domain and "*@*.example.com" for all below it';

/** `ada@example.com`, `*@example.com`, `team-*@*.example.com`. Where it cannot be used: the end of "it must be …". */
export function readAddressEntry(text: string): Read<AddressEntry> {
  const [local = "", host, ...more] = text.split("@");
  if (text === "*") return { problem: `${ADDRESS_ENTRY}; for anyone, write admit: "anyone"` };
  if (host === undefined || more.length > 0 || text.length > LONGEST || !isPlain(local)) {
    return { problem: ADDRESS_ENTRY };
  }
  const read = readDomainEntry(host);
  return "problem" in read
    ? { problem: ADDRESS_ENTRY }
    : { entry: { local: readGlob(lowerCase(local)), at: read.entry } };
}

export const DOMAIN_ENTRY = 'a domain, such as "example.com", or "*.example.com" for all below it';

/** `example.com`, or `*.example.com` for every subdomain and not example.com itself. */
export function readDomainEntry(text: string): Read<DomainEntry> {
  const isBelow = text.startsWith("*.");
  const domain = asciiDomain(isBelow ? text.slice(2) : text);
  // All below a top-level domain is everyone, and hardly what is meant.
  if (domain === undefined || (isBelow && !domain.includes("."))) return { problem: DOMAIN_ENTRY };
  return { entry: { domain, isBelow } };
}

/** Whether an address is one of these. Letters beyond ASCII match themselves alone. */
export function matchesAddress({ local, at }: AddressEntry, address: EmailAddress): boolean {
  return matchesDomain(at, address) && matchesGlob(local, address.local);
}

/**
 * Whether an address is one of these, or looks like one: the same letters in another case, form or width. To keep
 * someone out, that counts; to let someone in, it must not.
 */
export function resemblesAddress(entry: AddressEntry, address: EmailAddress): boolean {
  if (matchesAddress(entry, address)) return true;
  return matchesDomain(entry.at, address) && matchesGlob(entry.local.map(folded), folded(address.local));
}

export function matchesDomain({ domain, isBelow }: DomainEntry, address: EmailAddress): boolean {
  return isBelow ? address.domain.endsWith(`.${domain}`) : address.domain === domain;
}

/** Whether an address can be one of both. */
export function overlaps(one: DomainEntry, other: DomainEntry): boolean {
  const isWithin = (inner: DomainEntry, outer: DomainEntry) =>
    outer.isBelow && inner.domain.endsWith(`.${outer.domain}`);
  if (one.domain === other.domain) return one.isBelow === other.isBelow;
  return isWithin(one, other) || isWithin(other, one);
}

/** `example.com`, `*.example.com`: as {@link readDomainEntry} reads it. */
export function domainEntryText({ domain, isBelow }: DomainEntry): string {
  return isBelow ? `*.${domain}` : domain;
}

/** Not what a quoted local part or a comment needs (RFC 5322 §3.2.3), nor what is invisible, unassigned or half a letter. */
function isPlain(local: string): boolean {
  return local !== "" && !/[\p{C}\p{Z}\s"(),:;<>@[\\\]]/u.test(local);
}

/**
 * A domain as the DNS has it. Letters of other scripts become `xn--…` (UTS #46, as in a URL). Undefined where nothing
 * but ASCII comes of them: such letters are there to look like others.
 */
function asciiDomain(text: string): string | undefined {
  const isAscii = /^[A-Za-z0-9.-]*$/.test(text);
  const domain = isAscii ? text.toLowerCase() : internationalDomain(text);
  if (domain === undefined || domain.length > 253) return undefined;
  const labels = domain.split(".");
  const isNumber = /^\d*$/.test(labels.at(-1) ?? "");
  return labels.every(isLabel) && !isNumber ? domain : undefined;
}

function internationalDomain(text: string): string | undefined {
  // A URL would take these for its other parts, or decode them.
  if (/[^A-Za-z0-9.\u0080-\u{10FFFF}-]/u.test(text)) return undefined;
  const host = URL.parse(`https://${text}`)?.hostname;
  return host?.split(".").some((label) => label.startsWith("xn--")) ? host : undefined;
}

function isLabel(label: string): boolean {
  return /^[a-z0-9-]{1,63}$/.test(label) && !label.startsWith("-") && !label.endsWith("-");
}

/** ASCII alone: the Kelvin sign becomes a "k" in `toLowerCase`, and one person another. */
function lowerCase(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function folded(text: string): string {
  return text.normalize("NFKC").toLowerCase();
}
