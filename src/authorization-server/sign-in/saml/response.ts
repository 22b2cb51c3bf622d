import { clipped, shown } from "../../../core/shown.ts";
import type { SignInProblem } from "../method.ts";
import { BrokenOff } from "../upstream/provider.ts";
import type { Company } from "./company.ts";
import type { IdentityProvider } from "./identity-provider.ts";
import type { IdpMetadata } from "./metadata.ts";
import { ASSERTION, PROTOCOL, SIGNATURE } from "./names.ts";
import { verifySignature } from "./signature-thread.ts";
import { requireSafeSignatures } from "./signatures.ts";
import { childrenOf, readXml, withDescendants, type XmlElement } from "./xml.ts";
import { XmlProblem } from "./xml-cursor.ts";

/** What this server is called at the identity provider, and where that answers. */
export type ServiceProvider = { readonly entityId: string; readonly acsUrl: string };

/**
 * The assertion of a response, read from the bytes that its signature covers and from nothing else. What the response says around
 * it is signed by no one, and only lets it be refused sooner.
 * @param encoded the form field `SAMLResponse` (SAML 2.0 Bindings §3.5.4)
 * @throws BrokenOff
 */
export async function verifiedAssertion(
  encoded: string,
  settings: Pick<Company, "entityId">,
  here: ServiceProvider,
  provider: IdentityProvider,
): Promise<XmlElement> {
  const text = decode(encoded);
  checkResponse(read(text, "the response"), settings, here);
  const known = await provider.find();
  const signed =
    (await verify(text, known)) ?? (await verifyWithNewer(text, known, provider)) ?? refuseSignature();
  const assertion = read(signed, "the signed assertion");
  if (assertion.namespace !== ASSERTION || assertion.name !== "Assertion") {
    throw wrong("what is signed is not an assertion");
  }
  return assertion;
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

function checkResponse(
  response: XmlElement,
  { entityId }: Pick<Company, "entityId">,
  { acsUrl }: ServiceProvider,
): void {
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
  checkAssertions(response);
  requireSafeSignatures(response);
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
function checkAssertions(response: XmlElement): void {
  const all = withDescendants(response);
  if (all.some(({ name }) => name === "EncryptedAssertion")) {
    throw wrong(
      "the assertion is encrypted, and this server has no key for it: switch assertion encryption off at the identity provider",
    );
  }
  const assertions = all.filter(({ name }) => name === "Assertion");
  if (assertions.length !== 1 || childrenOf(response, ASSERTION, "Assertion").length !== 1) {
    throw wrong(
      `the response has ${assertions.length} assertions, or one in the wrong place; it must have one`,
    );
  }
  const [assertion] = childrenOf(response, ASSERTION, "Assertion");
  if (childrenOf(assertion, SIGNATURE, "Signature").length !== 1) {
    throw wrong(
      "the assertion is not signed: let the identity provider sign the assertion, and not only the response",
    );
  }
}

/** Undefined where the signature is not one of these keys'. */
async function verify(text: string, { certificates }: IdpMetadata): Promise<string | undefined> {
  const { signed, problem } = await verifySignature({ text, certificates });
  if (problem !== undefined) throw wrong(`the response can't be used: ${clipped(problem)}`);
  return signed;
}

/** The provider's keys may be other ones by now. */
async function verifyWithNewer(
  text: string,
  known: IdpMetadata,
  provider: IdentityProvider,
): Promise<string | undefined> {
  const newer = await provider.findNewer(known);
  return newer && verify(text, newer);
}

function refuseSignature(): never {
  throw wrong("the assertion's signature is not one of the keys in the identity provider's metadata");
}
