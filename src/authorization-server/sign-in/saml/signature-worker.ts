import { parentPort } from "node:worker_threads";
import { SAML, ValidateInResponseTo } from "@node-saml/node-saml";

// A document that is made for it takes far longer to check than a usual one, and anyone can send one: on the main thread it would
// hold up every other request.

export type SignatureQuestion = {
  /** The whole response. */
  readonly text: string;
  readonly certificates: readonly string[];
};

export type SignatureAnswer = {
  /** The assertion, as the signature covers it; undefined where the signature is not one of these keys'. */
  readonly signed?: string | undefined;
  /** Why the document can't be used at all. */
  readonly problem?: string;
};

async function verify({ text, certificates }: SignatureQuestion): Promise<SignatureAnswer> {
  const saml = new SAML({
    idpCert: [...certificates],
    // For requests, of which there are none here.
    issuer: "unused",
    callbackUrl: "unused",
    wantAssertionsSigned: true,
    wantAuthnResponseSigned: false,
    // What the assertion says is checked once, on what is verified here, by this server's clock.
    audience: false,
    acceptedClockSkewMs: -1,
    validateInResponseTo: ValidateInResponseTo.never,
  });
  try {
    const SAMLResponse = Buffer.from(text).toString("base64");
    const { profile } = await saml.validatePostResponseAsync({ SAMLResponse });
    return { signed: profile?.getAssertionXml?.() };
  } catch (error) {
    const { message } = error as Error;
    return /^Invalid signature/.test(message) ? {} : { problem: message };
  }
}

parentPort?.on("message", async (question: SignatureQuestion) => {
  parentPort?.postMessage(await verify(question));
});
