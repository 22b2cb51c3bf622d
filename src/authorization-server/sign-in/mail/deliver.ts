import type { OAuthError } from "../../../core/errors.ts";
import type { UnauditedEvent } from "../../../core/events.ts";
import type { Peer } from "../../../http/peer.ts";
import type { Log } from "../../../platform/logging.ts";
import type { Keyring } from "../../../platform/secrets/keyring.ts";
import { usernameMark } from "../../../platform/secrets/username-mark.ts";
import type { Recorder } from "../../recorder.ts";
import { MailFailed } from "./mail-failed.ts";
import type { Mailer } from "./mailer.ts";

export type DeliveryParts = {
  readonly mailer: Pick<Mailer, "send">;
  readonly recorder: Recorder;
  readonly log: Log<UnauditedEvent>;
  readonly keyring: Pick<Keyring, "mac">;
};

/** What is recorded of a mail. */
export type OfMail = {
  readonly purpose: "sign_in" | "password" | "address";
  readonly mailbox: string;
  /** The id of the client that wants to connect. */
  readonly client?: string | undefined;
};

/**
 * Sends a mail, and records that. An address that the mail server refuses counts as one that it takes: the answer must not tell
 * who has a mailbox.
 * @returns `not_sent` only where the mail surely did not go out; `unknown` where it may have, too late for the person who waits
 */
export async function deliver(
  of: OfMail,
  { subject, text }: { readonly subject: string; readonly text: string },
  peer: Peer,
  { mailer, recorder, log, keyring }: DeliveryParts,
): Promise<"sent" | "not_sent" | "unknown"> {
  const fields = fieldsOf(of, keyring);
  try {
    await mailer.send({ to: of.mailbox, subject, text });
  } catch (error) {
    if (!(error instanceof MailFailed)) throw error;
    const { address, correlationId } = peer;
    log.event("mail.failed", {
      ...fields,
      reason: `${error.kind}: ${error.message}`,
      address,
      correlationId,
    });
    return OUTCOMES[error.kind];
  }
  await recorder.record("mail.sent", fields, peer);
  return "sent";
}

const OUTCOMES = { server_down: "not_sent", unknown: "unknown", address_refused: "sent" } as const;

/** Records that a limit was reached. */
export function recordSlowed(
  of: OfMail,
  { detail = "" }: OAuthError,
  peer: Peer,
  { recorder, keyring }: Pick<DeliveryParts, "recorder" | "keyring">,
): Promise<void> {
  return recorder.record("mail.slowed", { ...fieldsOf(of, keyring), reason: detail }, peer);
}

/** Records a wrong code, or a link that is opened elsewhere. */
export function recordRefused(
  of: OfMail,
  reason: string,
  peer: Peer,
  { recorder, keyring }: Pick<DeliveryParts, "recorder" | "keyring">,
): Promise<void> {
  return recorder.record("mail.refused", { ...fieldsOf(of, keyring), reason }, peer);
}

function fieldsOf({ purpose, mailbox, client }: OfMail, keyring: Pick<Keyring, "mac">) {
  return { purpose, client, usernameMark: usernameMark(mailbox, keyring) };
}
