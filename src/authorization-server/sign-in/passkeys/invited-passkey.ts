import { PASSKEY_SCRIPT_HASH } from "../../../pages/passkey-script.ts";
import { PASSKEY_FIELD, passkeyCreation } from "../../../pages/passkeys.ts";
import type { InvitationChoice } from "../invitation-choice.ts";
import { creationOptions, labelOf, type NewPasskeyParts, readNewPasskey } from "./new-passkey.ts";

/** An invited person makes a passkey in place of a password. */
export function invitedPasskey(parts: NewPasskeyParts): InvitationChoice {
  const useOf = (link: string) => ({ purpose: "invitation", boundTo: link }) as const;
  return {
    field: PASSKEY_FIELD,
    html({ link, username = "" }) {
      const made = { use: useOf(link), userHandle: undefined, name: username, others: [] };
      return passkeyCreation(
        creationOptions(made, parts),
        parts.look.texts.invitation.usePasskey,
        parts.look,
      );
    },
    scriptHashes: [PASSKEY_SCRIPT_HASH],
    accept: (form, { link, userAgent }) =>
      readNewPasskey(
        form.get(PASSKEY_FIELD),
        useOf(link),
        labelOf(undefined, userAgent, parts.look),
        parts,
        linkCountsOnce,
      ),
  };
}

/** The link is used up in the commit that saves the passkey. */
const linkCountsOnce = async () => true;
