import { shown } from "../../../core/shown.ts";
import { BrokenOff } from "../upstream/provider.ts";
import { ASSERTION, SIGNATURE } from "./names.ts";
import { childrenOf, withDescendants, type XmlElement } from "./xml.ts";

/** What a signature may be made with, by the element that names it: SHA-256 or better, and nothing that changes what is signed. */
const ALGORITHMS: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  [
    "SignatureMethod",
    new Set([
      "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
      "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
      "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1",
    ]),
  ],
  [
    "DigestMethod",
    new Set(["http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2001/04/xmlenc#sha512"]),
  ],
  [
    "CanonicalizationMethod",
    new Set([
      "http://www.w3.org/2001/10/xml-exc-c14n#",
      "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
    ]),
  ],
  [
    "Transform",
    new Set([
      "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
      "http://www.w3.org/2001/10/xml-exc-c14n#",
      "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
    ]),
  ],
]);

/**
 * Refuses signatures that are not plainly those of the element that they stand in: elsewhere, over something else, with an
 * algorithm that is too weak, or in a document where an id is ambiguous. Whether they are right is checked afterwards, by keys.
 * @throws BrokenOff
 */
export function requireSafeSignatures(response: XmlElement): void {
  const all = withDescendants(response);
  requireUniqueIds(all);
  const signed = [response, ...childrenOf(response, ASSERTION, "Assertion")];
  const places = signed.flatMap((element) =>
    childrenOf(element, SIGNATURE, "Signature").map((signature) => ({ element, signature })),
  );
  const signatures = all.filter(({ name }) => name === "Signature");
  if (
    signatures.length !== places.length ||
    new Set(places.map(({ element }) => element)).size !== places.length
  ) {
    throw wrong("a signature is in the wrong place");
  }
  for (const { element, signature } of places) requireOwnReference(element, signature);
  for (const { name, attributes } of places.flatMap(({ signature }) => withDescendants(signature))) {
    const algorithm = attributes.get("Algorithm");
    if (name === "Object") throw wrong("a signature has an object in it");
    if (ALGORITHMS.has(name) && !ALGORITHMS.get(name)?.has(algorithm ?? "")) {
      throw wrong(
        `a signature has the ${name} ${shown(algorithm)}; it must be of SHA-256 or SHA-512 and exclusive canonicalization`,
      );
    }
  }
  for (const { signature } of places) requireUsualSizes(signature);
}

function wrong(reason: string): BrokenOff {
  return new BrokenOff("wrong_answer", reason);
}

/** What verifies signatures finds elements by attributes of any of these names. */
const ID = /^id$/i;

function requireUniqueIds(all: readonly XmlElement[]): void {
  const ids = all.flatMap(({ attributes }) =>
    [...attributes].flatMap(([name, value]) => (ID.test(name) ? [value] : [])),
  );
  const isAmbiguous =
    new Set(ids).size !== ids.length ||
    all.some(({ prefixedAttributes }) => prefixedAttributes.some((name) => ID.test(name)));
  if (isAmbiguous) throw wrong("an id in the response is ambiguous");
}

function requireOwnReference(element: XmlElement, signature: XmlElement): void {
  const inside = withDescendants(signature);
  const references = inside.filter(({ name }) => name === "Reference");
  const [infos, values] = ["SignedInfo", "SignatureValue"].map(
    (part) => inside.filter(({ name }) => name === part).length,
  );
  const uri = `#${element.attributes.get("ID") ?? ""}`;
  const [reference] = references;
  if (
    references.length === 1 &&
    infos === 1 &&
    values === 1 &&
    uri !== "#" &&
    reference?.attributes.get("URI") === uri
  ) {
    return;
  }
  throw wrong("a signature is not over its own parent element alone");
}

/** Bytes of a digest of SHA-256 and SHA-512. */
const DIGESTS: ReadonlySet<number> = new Set([32, 64]);
/** A signature has as many bytes as its key: of 2048 to 8192 bits. */
const SIGNATURES = { least: 256, most: 1024 };

/** What can't be right by its size needs no key to be refused. */
function requireUsualSizes(signature: XmlElement): void {
  const sizesOf = (part: string) =>
    withDescendants(signature)
      .filter(({ name }) => name === part)
      .map(({ text, children }) => (children.length > 0 ? 0 : Buffer.from(text, "base64").length));
  const isUsual =
    sizesOf("DigestValue").every((size) => DIGESTS.has(size)) &&
    sizesOf("SignatureValue").every((size) => size >= SIGNATURES.least && size <= SIGNATURES.most);
  if (!isUsual) throw wrong("a signature's values have a size that no accepted algorithm makes");
}
