import type { Mail } from "../../../config/sign-in/mail-options.ts";

/** @throws MailFailed */
export type SendOne = (mail: Mail) => Promise<void>;

/** Why a mail was not sent. The message has no word of the mail and no address: it is for the log. */
export class MailFailed extends Error {
  override readonly name = "MailFailed";
  /**
   * `server_down`: the mail was surely not taken. `unknown`: it may have been, as when the answer to it did not come in time.
   * `address_refused`: the mail server works, and takes no mail for this address.
   */
  readonly kind: "server_down" | "unknown" | "address_refused";

  constructor(kind: MailFailed["kind"], reason: string) {
    super(reason);
    this.kind = kind;
  }
}
