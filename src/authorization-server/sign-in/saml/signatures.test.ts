import { describe, expect, it } from "vitest";
import { BrokenOff } from "../upstream/provider.ts";
import { requireSafeSignatures } from "./signatures.ts";
import { readXml } from "./xml.ts";

const RSA = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
const SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256";
const EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#";

type Parts = {
  readonly method?: string;
  readonly digest?: string;
  readonly canonicalization?: string;
  readonly transform?: string;
  readonly more?: string;
  readonly digestBytes?: number;
  readonly signatureBytes?: number;
};

const base64 = (bytes: number) => Buffer.alloc(bytes, 1).toString("base64");

function signature(
  of: string,
  {
    method = RSA,
    digest = SHA256,
    canonicalization = EXCLUSIVE,
    transform = EXCLUSIVE,
    more = "",
    digestBytes = 32,
    signatureBytes = 256,
  }: Parts = {},
): string {
  return `<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="${canonicalization}"/><ds:SignatureMethod Algorithm="${method}"/><ds:Reference URI="${of}"><ds:Transforms><ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/><ds:Transform Algorithm="${transform}"/></ds:Transforms><ds:DigestMethod Algorithm="${digest}"/><ds:DigestValue>${base64(digestBytes)}</ds:DigestValue></ds:Reference></ds:SignedInfo><ds:SignatureValue>${base64(signatureBytes)}</ds:SignatureValue>${more}</ds:Signature>`;
}

const assertion = (inside: string, more = "") => `<a:Assertion ID="_a" ${more}>${inside}</a:Assertion>`;
const response = (inside: string) =>
  `<p:Response xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:a="urn:oasis:names:tc:SAML:2.0:assertion" xmlns:x="urn:x" ID="_r">${inside}</p:Response>`;
const check = (inside: string) => requireSafeSignatures(readXml(response(inside), "response"));

describe("requireSafeSignatures", () => {
  it.each([
    ["of the assertion", assertion(signature("#_a"))],
    ["of both", signature("#_r") + assertion(signature("#_a"))],
    [
      "with SHA-512",
      assertion(
        signature("#_a", { method: RSA.replace("256", "512"), digest: SHA256.replace("256", "512") }),
      ),
    ],
  ])("takes signatures %s", (_, inside) => {
    expect(() => check(inside)).not.toThrow();
  });

  it.each<[string, string, RegExp]>([
    ["elsewhere", `<x:x>${signature("#_a")}</x:x>${assertion("")}`, /^a signature is in the wrong place/],
    ["deeper in the assertion", assertion(`<x:x>${signature("#_a")}</x:x>`), /in the wrong place/],
    ["of no namespace", assertion(`${signature("#_a")}<x:Signature/>`), /in the wrong place/],
    ["twice", assertion(signature("#_a") + signature("#_a")), /in the wrong place/],
    ["over another element", assertion(signature("#_r")), /^a signature is not over its own parent/],
    ["over the whole document", assertion(signature("")), /is not over its own parent/],
    [
      "over an element of another document",
      assertion(signature("http://x/#_a")),
      /is not over its own parent/,
    ],
    [
      "over several elements",
      assertion(signature("#_a", { more: '<ds:Reference URI="#_b"/>' })),
      /its own parent element alone/,
    ],
    [
      "with two values",
      assertion(signature("#_a", { more: "<ds:SignatureValue/>" })),
      /its own parent element alone/,
    ],
    [
      "with two infos",
      assertion(signature("#_a", { more: "<ds:SignedInfo/>" })),
      /its own parent element alone/,
    ],
    ["with a short digest", assertion(signature("#_a", { digestBytes: 20 })), /have a size that no/],
    ["of a weak key", assertion(signature("#_a", { signatureBytes: 128 })), /have a size that no/],
    ["of a huge key", assertion(signature("#_a", { signatureBytes: 2048 })), /have a size that no/],
    ["with an object", assertion(signature("#_a", { more: "<ds:Object/>" })), /^a signature has an object/],
    [
      "where two have one id",
      assertion(`${signature("#_a")}<x:x ID="_a"/>`),
      /^an id in the response is ambiguous/,
    ],
    ["where another attribute has the id", assertion(`${signature("#_a")}<x:x id="_a"/>`), /is ambiguous/],
    ["where an id has a prefix", assertion(`${signature("#_a")}<x:x x:Id="_a"/>`), /is ambiguous/],
    [
      "with SHA-1",
      assertion(signature("#_a", { method: "http://www.w3.org/2000/09/xmldsig#rsa-sha1" })),
      /SignatureMethod/,
    ],
    [
      "with HMAC",
      assertion(signature("#_a", { method: "http://www.w3.org/2000/09/xmldsig#hmac-sha1" })),
      /SignatureMethod/,
    ],
    [
      "with a digest of SHA-1",
      assertion(signature("#_a", { digest: "http://www.w3.org/2000/09/xmldsig#sha1" })),
      /DigestMethod/,
    ],
    [
      "with inclusive canonicalization",
      assertion(signature("#_a", { canonicalization: "http://www.w3.org/TR/2001/REC-xml-c14n-20010315" })),
      /CanonicalizationMethod/,
    ],
    [
      "with a transform that selects or changes",
      assertion(signature("#_a", { transform: "http://www.w3.org/TR/1999/REC-xslt-19991116" })),
      /Transform/,
    ],
  ])("refuses one %s", (_, inside, reason) => {
    expect(() => check(inside)).toThrow(BrokenOff);
    expect(() => check(inside)).toThrow(reason);
  });
});
