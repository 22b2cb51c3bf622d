import { ConfigurationError } from "../../../core/errors.ts";
import { urlOf } from "../../../http/route.ts";
import { PASSKEY_SCRIPT_HASH } from "../../../pages/passkey-script.ts";
import { passkeySignIn } from "../../../pages/passkeys.ts";
import type { SignInMethod } from "../method.ts";
import { accountPasskeys } from "./account-passkeys.ts";
import { createChallenges } from "./challenges.ts";
import { invitedPasskey } from "./invited-passkey.ts";
import { sayOfOtherHosts } from "./other-hosts.ts";
import { relyingPartyOf } from "./relying-party.ts";
import { PASSKEYS_PATH, signInRoute } from "./sign-in-route.ts";
import { PASSKEYS } from "./stored-passkey.ts";

/**
 * Passkeys (WebAuthn): people sign in with the fingerprint, face or PIN of a device, and without a username. They add a passkey on
 * their account page, or from an invitation in place of a password; so another way to sign in is beside it. The host of the
 * public URL is part of each passkey: at another host, all of them have to be made anew.
 * @throws ConfigurationError where it is given options
 */
export function passkeys(...options: readonly never[]): SignInMethod {
  if (options.some((given) => given !== undefined)) {
    throw new ConfigurationError(`${PASSKEYS} takes no options: write passkeys().`);
  }
  const method = {
    name: PASSKEYS,
    label: "a passkey",
    people: "own",
    saysGroups: false,
    saysClaims: false,
    comesAfterAnother: true,
  } as const;
  return {
    ...method,
    requireUsableAt: (issuer) => void relyingPartyOf(issuer, ""),
    open(parts) {
      const relyingParty = relyingPartyOf(parts.issuer, parts.look.name);
      const { passkey: label } = parts.look.texts.login.labels;
      const all = {
        ...parts,
        method: { ...method, label },
        relyingParty,
        challenges: createChallenges(parts),
      };
      return {
        label,
        panel: {
          kind: "form",
          html: ({ sealed }) =>
            passkeySignIn({
              look: parts.look,
              action: urlOf(parts.issuer, PASSKEYS_PATH),
              state: sealed,
              options: {
                challenge: all.challenges.make({ purpose: "sign_in", boundTo: sealed }),
                rpId: relyingParty.id,
                userVerification: "required",
              },
            }),
          scriptHashes: [PASSKEY_SCRIPT_HASH],
          autocomplete: "webauthn",
        },
        routes: [signInRoute(all)],
        proves: ({ method: kind, issuer }) => kind === PASSKEYS && issuer === relyingParty.id,
        account: accountPasskeys(all),
        invitation: invitedPasskey(all),
        started: (print) => sayOfOtherHosts(all, print),
      };
    },
  };
}
