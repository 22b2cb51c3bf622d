import { isIP } from "node:net";
import { ConfigurationError } from "../../../core/errors.ts";
import { isLoopbackHost } from "../../../core/hosts.ts";

/** The server, as browsers know it for passkeys (WebAuthn §4, Relying Party). */
export type RelyingParty = {
  /** The host of the public URL. A passkey works for it and for no other. */
  readonly id: string;
  /** Where a passkey may be asked for: byte for byte what the browser says. */
  readonly origin: string;
  /** What the browser shows while a passkey is made. */
  readonly name: string;
};

/**
 * @param issuer the public URL
 * @throws ConfigurationError where browsers make no passkeys: for an IP address, and on plain http but on this computer (WebAuthn
 * §5.1.3, §13.4.9)
 */
export function relyingPartyOf(issuer: string, appName: string): RelyingParty {
  const { protocol, hostname, origin, port } = new URL(issuer);
  const id = hostname.replace(/\.$/, "");
  if (isIP(id.replace(/^\[|\]$/g, "")) !== 0) {
    const instead = isLoopbackHost(id)
      ? `${protocol}//localhost${port === "" ? "" : `:${port}`}`
      : "a URL with a host name";
    throw new ConfigurationError(
      `passkeys() can't be used at ${issuer}: browsers make no passkeys for an IP address. Set publicUrl to ${instead}, or remove passkeys().`,
    );
  }
  if (protocol !== "https:" && !isLoopbackHost(id)) {
    throw new ConfigurationError(
      `passkeys() can't be used at ${issuer}: browsers make passkeys on https only. Set publicUrl to an https:// URL, or remove passkeys().`,
    );
  }
  return { id, origin, name: appName };
}
