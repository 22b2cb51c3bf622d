import type { Secrets } from "../../code-flow/transactions.ts";
import type { Asked } from "../upstream/provider.ts";
import type { Company } from "./company.ts";
import type { IdpMetadata } from "./metadata.ts";
import { nodeSaml } from "./node-saml.ts";
import type { ServiceProvider } from "./service-provider.ts";

/** The id of a sign-in's request. No name in XML begins with a digit or a hyphen. */
export function requestIdOf({ nonce }: Pick<Secrets, "nonce">): string {
  return `_${nonce}`;
}

/** Where a browser goes with a request (SAML 2.0 Profiles §4.1.3.1 and Bindings §3.4). */
export async function authnRequestUrl(
  asked: Asked,
  { ssoUrl, certificates }: IdpMetadata,
  { nameIdFormat }: Pick<Company, "nameIdFormat">,
  { entityId, acsUrl }: ServiceProvider,
): Promise<string> {
  const { SAML } = await nodeSaml();
  const { signInAfter, wantsAnotherAccount = false } = asked.visit;
  const saml = new SAML({
    entryPoint: ssoUrl,
    idpCert: [...certificates],
    issuer: entityId,
    callbackUrl: acsUrl,
    identifierFormat: nameIdFormat ?? null,
    generateUniqueId: () => requestIdOf(asked),
    // It also lets a person choose another account.
    forceAuthn: signInAfter !== undefined || wantsAnotherAccount,
    // How people sign in there is the company's decision: some providers fail where a password is asked for by name.
    disableRequestedAuthnContext: true,
  });
  return saml.getAuthorizeUrlAsync(asked.state, undefined, {});
}
