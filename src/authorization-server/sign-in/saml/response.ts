import { clipped, shown } from "../../../core/shown.ts";
import type { SignInProblem } from "../sign-in-problems.ts";
import { BrokenOff } from "../upstream/provider.ts";
import { type Asserted, checkAssertion } from "./assertion.ts";
import type { Company } from "./company.ts";
import type { IdentityProvider } from "./identity-provider.ts";
import type { IdpMetadata } from "./metadata.ts";
import { ASSERTION, PROTOCOL, SIGNATURE } from "./names.ts";
import type { ServiceProvider } from "./service-provider.ts";
import type { VerifySignature } from "./signature-checks.ts";
import { requireSafeSignatures } from "./signatures.ts";
import { childrenOf, readXml, withDescendants, type XmlElement } from "./xml.ts";
import { XmlProblem } from "./xml-cursor.ts";

export type ResponseParts = {
  readonly settings: Pick<Company, "entityId">;
  readonly here: ServiceProvider;
  readonly identityProvider: IdentityProvider;
  readonly verifySignature: VerifySignature;
  readonly now: number;
};

/**
 * What a response's assertion says, read from the bytes that its signature covers and from nothing else. What is not verified only lets
 * a response be refused sooner: a signature is costly to check, so one is not checked in a document that would be refused anyway.
 * @param encoded the form field `SAMLResponse` (SAML 2.0 Bindings §3.5.4)
 * @throws BrokenOff
 */
export async function readResponse(encoded: string, parts: ResponseParts): Promise<Asserted> {
  const { settings, here, identityProvider: provider, now } = parts;
  const text = decode(encoded);
  checkAssertion(checkResponse(read(text, "the response"), settings, here), settings, here, now);
  const known = await provider.find();
  const signed =
    (await verify(text, known, parts)) ?? (await verifyWithNewer(text, known, parts)) ?? refuseSignature();
  const assertion = read(signed, "the signed assertion");
  if (assertion.namespace !== ASSERTION || assertion.name !== "Assertion") {
    throw wrong("what is signed is not an assertion");
  }
  return checkAssertion(assertion, settings, here, now);
}

function wrong(reason: string, problem: SignInProblem = "wrong_answer"): BrokenOff {
  return new BrokenOff(problem, reason);
}

/** As XML processors see it: with one kind of line end. */
function decode(encoded: string): string {
  const base64 = encoded.replace(/[\r\n\t ]/g, "");
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) throw wrong("the response is not base64");
  try {
    return new TextDecoder("utf-8", { fatal: true })
      .decode(Buffer.from(base64, "base64"))
      .replace(/\r\n?/g, "\n");
  } catch {
    throw wrong("the response is not UTF-8 text");
  }
}

function read(text: string, what: string): XmlElement {
  try {
    return readXml(text, "response");
  } catch (error) {
    if (error instanceof XmlProblem) throw wrong(`${what} is not usable XML: ${error.message}`);
    throw error;
  }
}

/** @returns its assertion, of which nothing is verified yet */
function checkResponse(
  response: XmlElement,
  { entityId }: Pick<Company, "entityId">,
  { acsUrl }: ServiceProvider,
): XmlElement {
  if (response.namespace !== PROTOCOL || response.name !== "Response")
    throw wrong("it is not a SAML response");
  const { attributes } = response;
  if (attributes.get("Version") !== "2.0") throw wrong("the response is not of SAML 2.0");
  const destination = attributes.get("Destination");
  if (destination !== undefined && destination !== acsUrl) {
    throw wrong(`the response is for ${shown(destination)}, and came to ${shown(acsUrl)}`);
  }
  const [issuer] = childrenOf(response, ASSERTION, "Issuer");
  if (issuer && issuer.text !== entityId) {
    throw wrong(`the response is from ${shown(issuer.text)}, expected ${shown(entityId)}`);
  }
  checkStatus(response);
  const assertion = onlyAssertion(response);
  requireSafeSignatures(response);
  return assertion;
}

const SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success";
const STATUSES: ReadonlyMap<string, SignInProblem> = new Map<string, SignInProblem>([
  ["AuthnFailed", "cancelled"],
  ["RequestDenied", "unusable_account"],
  ["UnknownPrincipal", "unusable_account"],
]);

/** A refusal is signed by few, and proves no one: only the sentence on the page comes of it. */
function checkStatus(response: XmlElement): void {
  const [status] = childrenOf(response, PROTOCOL, "Status");
  const [code] = childrenOf(status, PROTOCOL, "StatusCode");
  if (code?.attributes.get("Value") === SUCCESS) return;
  const [inner] = childrenOf(code, PROTOCOL, "StatusCode");
  const values = [code, inner].flatMap((one) => one?.attributes.get("Value") ?? []);
  const names = values.map((value) => value.slice(value.lastIndexOf(":") + 1));
  const [message] = childrenOf(status, PROTOCOL, "StatusMessage");
  const why = message ? `: ${shown(message.text)}` : "";
  const problem = names.map((name) => STATUSES.get(name)).find((one) => one !== undefined);
  throw wrong(`the identity provider answered ${shown(names.join(", "))}${why}`, problem);
}

/** One in the whole document: with a second one, which of them is signed could differ from which is read. */
function onlyAssertion(response: XmlElement): XmlElement {
  const all = withDescendants(response);
  if (all.some(({ name }) => name === "EncryptedAssertion")) {
    throw wrong(
      "the assertion is encrypted, and this server has no key for it: switch assertion encryption off at the identity provider",
    );
  }
  const assertions = all.filter(({ name }) => name === "Assertion");
  const [assertion] = childrenOf(response, ASSERTION, "Assertion");
  if (!assertion || assertions.length !== 1) {
    throw wrong(
      `the response has ${assertions.length} assertions, or one in the wrong place; it must have one`,
    );
  }
  if (childrenOf(assertion, SIGNATURE, "Signature").length !== 1) {
    throw wrong(
      "the assertion is not signed: let the identity provider sign the assertion, and not only the response",
    );
  }
  return assertion;
}

/** Undefined where the signature is not one of these keys'. */
async function verify(
  text: string,
  { certificates }: IdpMetadata,
  { verifySignature }: Pick<ResponseParts, "verifySignature">,
): Promise<string | undefined> {
  const { signed, problem } = await verifySignature({ text, certificates });
  if (problem !== undefined) throw wrong(`the response can't be used: ${clipped(problem)}`);
  return signed;
}

/** The provider's keys may be other ones by now. */
async function verifyWithNewer(
  text: string,
  known: IdpMetadata,
  parts: Pick<ResponseParts, "identityProvider" | "verifySignature">,
): Promise<string | undefined> {
  const newer = await parts.identityProvider.findNewer(known);
  return newer && verify(text, newer, parts);
}

function refuseSignature(): never {
  throw wrong("the assertion's signature is not one of the keys in the identity provider's metadata");
}
