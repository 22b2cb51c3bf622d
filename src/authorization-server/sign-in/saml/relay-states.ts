import type { Clock } from "../../../platform/clock.ts";
import { randomId } from "../../../platform/random.ts";
import type { Keyring } from "../../../platform/secrets/keyring.ts";

/**
 * The `state` of sign-ins with SAML, which the identity provider sends back as `RelayState`. Each has a MAC, so that a form that is for no
 * sign-in of this server is refused before its document is read. 72 characters: 80 bytes may be sent (SAML 2.0 Bindings §3.4.3).
 */
export type RelayStates = {
  make(): string;
  /** Whether it was made here, for this method, in the last ten minutes. */
  isOurs(relayState: string): boolean;
};

const SECONDS = 10 * 60;
const RELAY_STATE = /^([\w-]{22})([0-9a-z]{7})([\w-]{43})$/;
const LABEL = "saml-relay-state";

export function createRelayStates(
  method: string,
  { keyring, clock, issuer }: { readonly keyring: Keyring; readonly clock: Clock; readonly issuer: string },
): RelayStates {
  const covered = (id: string, endsAt: string) => JSON.stringify([issuer, method, id, endsAt]);
  return {
    make() {
      const id = randomId();
      const endsAt = Math.ceil(clock() / 1000 + SECONDS)
        .toString(36)
        .padStart(7, "0");
      return `${id}${endsAt}${keyring.mac(LABEL, covered(id, endsAt))}`;
    },
    isOurs(relayState) {
      const [, id = "", endsAt = "", mac = ""] = RELAY_STATE.exec(relayState) ?? [];
      return (
        keyring.verifyMac(LABEL, covered(id, endsAt), mac) && clock() < Number.parseInt(endsAt, 36) * 1000
      );
    },
  };
}
