import { ConfigurationError } from "../core/errors.ts";
import type { Credentials } from "../platform/client-authentication.ts";
import { type PrivateKey, readSigningKey } from "../platform/signing-key.ts";

/** How a client's secret can be sent (RFC 6749 §2.3.1). */
export const secretMethods = ["client_secret_basic", "client_secret_post"] as const;

/** What the options say of the credentials that prove us elsewhere. */
export type GivenCredentials = {
  readonly clientSecret: string | undefined;
  readonly privateKey: PrivateKey | undefined;
  readonly algorithm: string | undefined;
  readonly keyId: string | undefined;
  readonly assertionAudience: string | undefined;
  readonly method: (typeof secretMethods)[number] | undefined;
};

/**
 * @param label how the options are called that these names stand for
 * @throws ConfigurationError where there is no secret and no key, or both, or a key that cannot be used
 */
export function readCredentials(
  { clientSecret, privateKey, algorithm, keyId, assertionAudience, method }: GivenCredentials,
  label: (name: string) => string,
): Credentials {
  if (privateKey === undefined) {
    if (clientSecret !== undefined) {
      refuseBesideSecret({ algorithm, keyId, assertionAudience }, label);
      return { kind: "secret", secret: clientSecret, method };
    }
    throw new ConfigurationError(`${label("clientSecret")} is missing; give it, or ${label("privateKey")}.`);
  }
  if (clientSecret !== undefined) {
    throw new ConfigurationError(
      `${label("clientSecret")} and ${label("privateKey")} are both given. Keep one of them.`,
    );
  }
  const key = readSigningKey(privateKey, { algorithm, keyId }, label("privateKey"));
  return { kind: "key", key, audience: assertionAudience };
}

/** They are about a key: the operator takes the secret for one, or forgot the key. */
function refuseBesideSecret(
  ofKey: Readonly<Record<string, string | undefined>>,
  label: (name: string) => string,
): void {
  const name = Object.keys(ofKey).find((one) => ofKey[one] !== undefined);
  if (name === undefined) return;
  throw new ConfigurationError(
    `${label(name)} is for ${label("privateKey")}, and ${label("clientSecret")} is given. Leave it out, or give a key instead of the secret.`,
  );
}
