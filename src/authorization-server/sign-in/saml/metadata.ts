import { X509Certificate } from "node:crypto";
import { withoutCredentials } from "../../../config/problems.ts";
import { shown } from "../../../core/shown.ts";
import { isUsableUrl } from "../../../platform/addresses.ts";
import { METADATA, PROTOCOL, SIGNATURE } from "./names.ts";
import { timeOf } from "./times.ts";
import { childrenOf, readXml, withDescendants, type XmlElement } from "./xml.ts";
import { XmlProblem } from "./xml-cursor.ts";

/** What an identity provider says of itself (SAML 2.0 Metadata §2.4.3), as far as it is needed here. */
export type IdpMetadata = {
  readonly entityId: string;
  /** Where a browser is redirected to with a request. Whether it may be used is checked where it is. */
  readonly ssoUrl: string;
  /** What its assertions are signed with, as PEM. */
  readonly certificates: readonly string[];
  /** Epoch milliseconds; undefined where it does not end. */
  readonly validUntil: number | undefined;
};

/** What is wrong with metadata, as a sentence that begins with it. */
export class MetadataProblem extends Error {
  override readonly name = "MetadataProblem";
}

const REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";
const LONGEST_ENTITY_ID = 1024;
const LEAST_RSA_BITS = 2048;

/**
 * What is wrong with where a browser would be sent, as the end of a sentence; undefined where it is fine. A password in it is
 * not repeated.
 */
export function ssoUrlProblem(url: string, allowInsecure: boolean): string | undefined {
  if (isUsableUrl(url, allowInsecure)) return undefined;
  const named = `names ${shown(withoutCredentials(url))} for the sign-in, which`;
  const parsed = URL.parse(url);
  if (parsed && (parsed.username !== "" || parsed.password !== ""))
    return `${named} has a user name or password`;
  return parsed && parsed.hash !== "" ? `${named} has a fragment` : `${named} is not an https:// URL`;
}

/** @throws MetadataProblem */
export function readMetadata(text: string): IdpMetadata {
  const root = parse(text);
  if (root.namespace !== METADATA || root.name !== "EntityDescriptor") {
    throw new MetadataProblem(
      "its root element is not an EntityDescriptor: give the metadata of one identity provider",
    );
  }
  const entityId = root.attributes.get("entityID") ?? "";
  if (entityId.trim() === "" || entityId.length > LONGEST_ENTITY_ID) {
    throw new MetadataProblem("it has no usable entityID");
  }
  const [descriptor] = childrenOf(root, METADATA, "IDPSSODescriptor").filter(speaksSaml2);
  if (!descriptor) {
    throw new MetadataProblem(
      "it has no IDPSSODescriptor for SAML 2.0: it is not the metadata of an identity provider",
    );
  }
  const ssoUrl = childrenOf(descriptor, METADATA, "SingleSignOnService")
    .find(({ attributes }) => attributes.get("Binding") === REDIRECT)
    ?.attributes.get("Location");
  if (ssoUrl === undefined)
    throw new MetadataProblem("it has no SingleSignOnService with the HTTP-Redirect binding");
  const certificates = certificatesIn(descriptor);
  if (certificates.length === 0) {
    throw new MetadataProblem(
      `it has no signing certificate with an RSA key of at least ${LEAST_RSA_BITS} bits`,
    );
  }
  const times = [root, descriptor].flatMap(({ attributes }) => untilOf(attributes.get("validUntil")));
  return { entityId, ssoUrl, certificates, validUntil: times.length > 0 ? Math.min(...times) : undefined };
}

function parse(text: string): XmlElement {
  try {
    return readXml(text, "metadata");
  } catch (error) {
    if (error instanceof XmlProblem) throw new MetadataProblem(`it is not usable XML: ${error.message}`);
    throw error;
  }
}

function speaksSaml2({ attributes }: XmlElement): boolean {
  return (attributes.get("protocolSupportEnumeration") ?? "").split(/\s+/).includes(PROTOCOL);
}

function untilOf(written: string | undefined): readonly number[] {
  if (written === undefined) return [];
  const time = timeOf(written);
  if (time === undefined) throw new MetadataProblem("its validUntil is not a time");
  return [time];
}

/** Those for signing, or for both. Their own dates do not count: metadata say which keys are trusted, and how long. */
function certificatesIn(descriptor: XmlElement): readonly string[] {
  const written = childrenOf(descriptor, METADATA, "KeyDescriptor")
    .filter(({ attributes }) => (attributes.get("use") ?? "signing") === "signing")
    .flatMap(withDescendants)
    .filter(({ namespace, name }) => namespace === SIGNATURE && name === "X509Certificate")
    .map(({ text }) => text.replace(/\s/g, ""));
  return [...new Set(written)].flatMap(usableCertificate);
}

function usableCertificate(base64: string): readonly string[] {
  try {
    const certificate = new X509Certificate(Buffer.from(base64, "base64"));
    const { asymmetricKeyType, asymmetricKeyDetails } = certificate.publicKey;
    const bits = asymmetricKeyDetails?.modulusLength ?? 0;
    return asymmetricKeyType === "rsa" && bits >= LEAST_RSA_BITS ? [certificate.toString()] : [];
  } catch {
    throw new MetadataProblem("it has a certificate that can't be read");
  }
}
