import { wrongValue } from "../config/problems.ts";
import type { SmtpSettings } from "../config/sign-in/mail-options.ts";
import { readMailbox } from "../core/email-address.ts";
import { ConfigurationError } from "../core/errors.ts";

/** Sends one mail by the mail server that the variables of `magicLink()` name. */
export type CommandMailer = (mail: { to: string; subject: string; text: string }) => Promise<void>;

/** @throws ConfigurationError where the flag has no address that mail can go to */
export function readMailFlag(typed: string): string {
  const mailbox = readMailbox(typed);
  if (mailbox === undefined) throw wrongValue("--mail", typed, "one email address, such as ada@example.com");
  return mailbox;
}

/** @throws ConfigurationError where the environment names no mail server, or it can't be used now */
export async function openCommandMailer(): Promise<CommandMailer> {
  const [
    { commandEnvironment },
    { readVariables },
    { optionsWithVariables },
    mail,
    { openSmtp },
    { MailFailed },
  ] = await Promise.all([
    import("./command-environment.ts"),
    import("../config/environment.ts"),
    import("../config/sign-in/sign-in-variables.ts"),
    import("../config/sign-in/mail-options.ts"),
    import("../authorization-server/sign-in/mail/smtp.ts"),
    import("../authorization-server/sign-in/mail/mail-failed.ts"),
  ]);
  const { name, options, parseVariables } = mail.magicLinkSignIn;
  const { by, from } = parseVariables(
    readVariables(await commandEnvironment(), optionsWithVariables(name, options)),
  );
  if (by === "print" || typeof by === "function") {
    throw new ConfigurationError(
      "--mail needs a mail server: set SIGN_IN_MAGIC_LINK_SMTP and SIGN_IN_MAGIC_LINK_FROM. Or leave --mail out, and send the printed link yourself.",
    );
  }
  const smtp = await openSmtp(by);
  const problem = await smtp.check();
  if (problem !== undefined) throw unreachable(by, problem);
  return async (one) => {
    try {
      await smtp.send({ ...one, from: from ?? "" });
    } catch (error) {
      if (!(error instanceof MailFailed)) throw error;
      throw new ConfigurationError(
        error.kind === "address_refused"
          ? `The mail server takes no email for ${one.to} (${error.message}). Check the address.`
          : `The email to ${one.to} was not sent (${error.message}).`,
      );
    }
  };
}

function unreachable({ host, port }: SmtpSettings, problem: string): ConfigurationError {
  return new ConfigurationError(
    `The mail server ${host}:${port} can't be reached (${problem}). Nothing was changed.`,
  );
}
