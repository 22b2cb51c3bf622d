import type { Params } from "../../core/params.ts";
import type { Html } from "../../pages/html.ts";
import type { NewPasskey } from "../../store/credential.ts";

/** What an invited person may choose in place of a password: fields in the form of the invitation's page. */
export type InvitationChoice = {
  /** What the form posts where it was chosen; empty or missing where a password was. */
  readonly field: string;
  /** Its button, for the invitation's form. */
  html(invited: Invited): Html;
  /** The hashes of its inline scripts, as `script-src` names them: `'sha256-…'`. */
  readonly scriptHashes?: readonly string[];
  /** Reads what was posted. `problem` is a sentence for the person; then nothing is written. */
  accept(form: Params, invited: Invited): Promise<NewPasskey | { readonly problem: string }>;
};

export type Invited = {
  /** The hash of the link's token. */
  readonly link: string;
  /** Undefined where the person chooses one: the form's field `username`. */
  readonly username: string | undefined;
  readonly userAgent: string | undefined;
};
