import type { Upstream } from "../../config/upstreams/settings.ts";
import type { Keyring } from "../../platform/secrets/keyring.ts";

/** What is sealed of a person's credential. */
export type Secret = SecretTokens | SecretKey;

export type SecretTokens = {
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  /** Epoch milliseconds; undefined where the service does not say it. */
  readonly expiresAt: number | undefined;
  /** From when on it is refreshed; undefined where it never has to be. */
  readonly refreshFrom: number | undefined;
};

export type SecretKey = { readonly key: string };

/** With whose service it is good: what is stored under a name is no other service's, whatever the options say by now. */
type Sealed = { readonly upstream: string; readonly service: string; readonly secret: Secret };

const LABEL = "upstream-credential";

export type Named = { readonly name: string; readonly upstream: Upstream };

export function sealCredential(
  named: Named,
  secret: Secret,
  keyring: Pick<Keyring, "seal">,
): Promise<string> {
  const sealed: Sealed = { upstream: named.name, service: serviceOf(named), secret };
  return keyring.seal(LABEL, JSON.stringify(sealed));
}

/** Undefined where no secret of the keyring opens it, or it is another service's. */
export async function openCredential(
  named: Named,
  sealed: string,
  keyring: Pick<Keyring, "open">,
): Promise<Secret | undefined> {
  const text = await keyring.open(LABEL, sealed);
  if (text === undefined) return undefined;
  // Sealed by us and only by us, so what opens has this shape.
  const opened = JSON.parse(text) as Sealed;
  const isThis = opened.upstream === named.name && opened.service === serviceOf(named);
  return isThis ? opened.secret : undefined;
}

/** The same text under another secret: whose it is does not matter. Undefined where none of `from` opens it. */
export async function sealAgain(
  sealed: string,
  from: Pick<Keyring, "open">,
  to: Pick<Keyring, "seal">,
): Promise<string | undefined> {
  const text = await from.open(LABEL, sealed);
  return text === undefined ? undefined : to.seal(LABEL, text);
}

/** Where a refresh token is sent: never to another place than the one that it is from. A key is sent by the tool. */
function serviceOf({ upstream }: Named): string {
  if (upstream.kind === "key") return "key";
  return upstream.issuer ?? upstream.tokenUrl ?? "";
}
