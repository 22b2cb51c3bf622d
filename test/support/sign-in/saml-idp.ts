import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { inflateRawSync } from "node:zlib";
import { onTestFinished } from "vitest";
import { SignedXml } from "xml-crypto";
import { listening } from "../listening.ts";

/** Whose key an identity provider has. */
export type Signer = "acme" | "other";

const pem = (file: string) => readFileSync(join(import.meta.dirname, "saml", file), "utf8");
export const CERTIFICATES = {
  acme: pem("acme.cert.pem"),
  other: pem("other.cert.pem"),
  /** Of an RSA key with 1024 bits. */
  weak: pem("weak.cert.pem"),
  ec: pem("ec.cert.pem"),
};
const KEYS = { acme: pem("acme.key.pem"), other: pem("other.key.pem") };

export const PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";
export const EMAIL_ADDRESS = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
const RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
const SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256";
export const RSA_SHA1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1";
export const SHA1 = "http://www.w3.org/2000/09/xmldsig#sha1";
const EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#";

export const ENTITY_ID = "https://idp.acme.com/saml";
const SSO_URL = "https://idp.acme.com/sso";

/** What an identity provider's metadata say. */
export function metadataOf({
  entityId = ENTITY_ID,
  ssoUrl = SSO_URL,
  certificates = [CERTIFICATES.acme],
  more = "",
}: {
  readonly entityId?: string;
  readonly ssoUrl?: string;
  readonly certificates?: readonly string[];
  /** Attributes of the root. */
  readonly more?: string;
} = {}): string {
  const keys = certificates.map((certificate) => {
    const base64 = certificate.replace(/-----[^-]+-----/g, "").trim();
    return `<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>${base64}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>
<!-- The metadata of a test. -->
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${entityId}" ${more}>
  <md:IDPSSODescriptor WantAuthnRequestsSigned="false" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    ${keys.join("\n    ")}
    <md:NameIDFormat>${PERSISTENT}</md:NameIDFormat>
    <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="${ssoUrl}/post"/>
    <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="${ssoUrl}"/>
  </md:IDPSSODescriptor>
</md:EntityDescriptor>`;
}

/** A request, as the identity provider gets it. */
export type SamlRequest = {
  readonly id: string;
  readonly relayState: string;
  readonly acsUrl: string;
  readonly issuer: string;
  readonly xml: string;
};

export function readRequest(url: URL): SamlRequest {
  const xml = inflateRawSync(Buffer.from(url.searchParams.get("SAMLRequest") ?? "", "base64")).toString();
  const attribute = (name: string) => new RegExp(` ${name}="([^"]*)"`).exec(xml)?.[1] ?? "";
  return {
    id: attribute("ID"),
    relayState: url.searchParams.get("RelayState") ?? "",
    acsUrl: attribute("AssertionConsumerServiceURL"),
    issuer: />([^<]*)<\/saml:Issuer>/.exec(xml)?.[1] ?? "",
    xml,
  };
}

/** How an answer differs from a right one. Texts are markup, as they stand in the document; null leaves something out. */
export type ResponseChanges = {
  readonly nameId?: string;
  readonly format?: string;
  readonly attributes?: Readonly<Record<string, readonly string[]>>;
  readonly issuer?: string;
  readonly responseIssuer?: string;
  readonly audience?: string | null;
  readonly recipient?: string | null;
  readonly destination?: string;
  readonly inResponseTo?: string | null;
  /** Seconds from now. */
  readonly notBefore?: number;
  readonly notOnOrAfter?: number;
  /** Of the subject confirmation alone. */
  readonly confirmedUntil?: number;
  readonly signedInAt?: number;
  readonly assertionId?: string;
  readonly status?: string;
  readonly signs?: "assertion" | "response" | "both" | "none";
  readonly signer?: Signer;
  readonly signatureAlgorithm?: string;
  readonly digestAlgorithm?: string;
  readonly condition?: string;
  /** Changes the document before it is signed. */
  readonly edit?: (xml: string) => string;
  /** What the signature's KeyInfo names. */
  readonly keyInfo?: Signer;
  readonly now?: number;
};

const SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success";
let ids = 0;

/** The document that an identity provider answers a request with. */
export function responseTo(
  request: Pick<SamlRequest, "id" | "acsUrl" | "issuer">,
  changes: ResponseChanges = {},
): string {
  ids += 1;
  const { status = SUCCESS, issuer = ENTITY_ID, responseIssuer = issuer, now = Date.now() } = changes;
  const { inResponseTo = request.id, destination = request.acsUrl } = changes;
  const { signs = status === SUCCESS ? "assertion" : "none", edit = (xml) => xml } = changes;
  const assertion = status === SUCCESS ? assertionFor(request, changes, now) : "";
  const answers = inResponseTo === null ? "" : ` InResponseTo="${inResponseTo}"`;
  const written = `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_response${ids}" Version="2.0" IssueInstant="${at(now)}" Destination="${destination}"${answers}><saml:Issuer>${responseIssuer}</saml:Issuer><samlp:Status><samlp:StatusCode Value="${status}"/></samlp:Status>${assertion}</samlp:Response>`;
  const xml = edit(written);
  const signed = signs === "assertion" || signs === "both" ? signElement(xml, "Assertion", changes) : xml;
  return signs === "response" || signs === "both" ? signElement(signed, "Response", changes) : signed;
}

function assertionFor(
  request: Pick<SamlRequest, "id" | "acsUrl" | "issuer">,
  changes: ResponseChanges,
  now: number,
): string {
  const { issuer = ENTITY_ID, audience = request.issuer, recipient = request.acsUrl } = changes;
  const {
    nameId = "ada-1815",
    format = PERSISTENT,
    condition = "",
    assertionId = `_assertion${ids}`,
  } = changes;
  const { inResponseTo = request.id, notBefore = -60, notOnOrAfter = 300, signedInAt = 0 } = changes;
  const { confirmedUntil = notOnOrAfter } = changes;
  const {
    attributes = { displayName: ["Ada Lovelace"], email: ["ada@acme.com"], groups: ["staff", "engineers"] },
  } = changes;
  const from = (seconds: number) => at(now + seconds * 1000);
  const optional = (name: string, value: string | null) => (value === null ? "" : ` ${name}="${value}"`);
  const restriction =
    audience === null
      ? ""
      : `<saml:AudienceRestriction><saml:Audience>${audience}</saml:Audience></saml:AudienceRestriction>`;
  const statements = Object.entries(attributes).map(
    ([name, values]) =>
      `<saml:Attribute Name="${name}">${values.map((value) => `<saml:AttributeValue>${value}</saml:AttributeValue>`).join("")}</saml:Attribute>`,
  );
  return `<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="${assertionId}" Version="2.0" IssueInstant="${at(now)}"><saml:Issuer>${issuer}</saml:Issuer><saml:Subject><saml:NameID Format="${format}">${nameId}</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData NotOnOrAfter="${from(confirmedUntil)}"${optional("Recipient", recipient)}${optional("InResponseTo", inResponseTo)}/></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="${from(notBefore)}" NotOnOrAfter="${from(notOnOrAfter)}">${restriction}${condition}</saml:Conditions><saml:AuthnStatement AuthnInstant="${from(signedInAt)}" SessionIndex="_session${ids}"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement>${statements.join("")}</saml:AttributeStatement></saml:Assertion>`;
}

function at(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** Signs the element with this name where it is found first, after its issuer (SAML 2.0 Core §5.4). */
export function signElement(
  xml: string,
  name: "Assertion" | "Response",
  changes: ResponseChanges = {},
): string {
  const {
    signer = "acme",
    signatureAlgorithm = RSA_SHA256,
    digestAlgorithm = SHA256,
    keyInfo = signer,
  } = changes;
  const signature = new SignedXml({
    privateKey: KEYS[signer],
    publicCert: CERTIFICATES[keyInfo],
    signatureAlgorithm,
    canonicalizationAlgorithm: EXCLUSIVE,
  });
  const xpath = `//*[local-name(.)='${name}']`;
  signature.addReference({
    xpath,
    transforms: ["http://www.w3.org/2000/09/xmldsig#enveloped-signature", EXCLUSIVE],
    digestAlgorithm,
  });
  signature.computeSignature(xml, {
    prefix: "ds",
    location: { reference: `${xpath}/*[local-name(.)='Issuer']`, action: "after" },
  });
  return signature.getSignedXml();
}

/** As a browser sends it. */
export function samlForm(xml: string, relayState: string): URLSearchParams {
  return new URLSearchParams({ SAMLResponse: Buffer.from(xml).toString("base64"), RelayState: relayState });
}

/** An identity provider with pages: it signs anyone in who asks, after a click. */
export type SamlIdp = {
  readonly url: string;
  readonly entityId: string;
  readonly metadataUrl: string;
  /** What it serves in place of its metadata, and how it answers. */
  change(changes: {
    readonly metadata?: string | undefined;
    readonly status?: number;
    readonly response?: ResponseChanges;
  }): void;
  /** The requests that it has been sent, in order. */
  readonly asked: readonly SamlRequest[];
  /** How often its metadata were fetched. */
  readonly fetched: () => number;
};

export async function startSamlIdp(signer: Signer = "acme"): Promise<SamlIdp> {
  const asked: SamlRequest[] = [];
  let fetched = 0;
  let metadata: string | undefined;
  let status = 200;
  let changes: ResponseChanges = {};
  let entityId = "";
  let url = "";
  const server = createServer((request, response) => {
    const target = new URL(request.url ?? "", url);
    if (target.pathname === "/metadata") {
      fetched += 1;
      const own = metadataOf({ entityId, ssoUrl: `${url}/sso`, certificates: [CERTIFICATES[signer]] });
      response.writeHead(status, { "Content-Type": "application/samlmetadata+xml" }).end(metadata ?? own);
      return;
    }
    const got = readRequest(target);
    asked.push(got);
    const xml = responseTo(got, { issuer: entityId, signer, ...changes });
    response.writeHead(200, { "Content-Type": "text/html" }).end(formPage(got, xml));
  });
  url = `http://127.0.0.1:${await listening(server)}`;
  entityId = `${url}/entity`;
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    url,
    entityId,
    metadataUrl: `${url}/metadata`,
    asked,
    fetched: () => fetched,
    change(next) {
      if ("metadata" in next) metadata = next.metadata;
      status = next.status ?? status;
      changes = next.response ?? changes;
    },
  };
}

function formPage({ acsUrl, relayState }: SamlRequest, xml: string): string {
  const fields = [...samlForm(xml, relayState)].map(
    ([name, value]) => `<input type="hidden" name="${name}" value="${value}">`,
  );
  return `<!doctype html><title>Identity provider</title><form method="post" action="${acsUrl}">${fields.join("")}<button>Continue as Ada</button></form>`;
}
