import type { Mail, MailSettings, SendMail } from "../../../config/sign-in/mail-options.ts";
import { ConfigurationError } from "../../../core/errors.ts";
import { isLoopbackHost } from "../../../core/hosts.ts";
import type { Log } from "../../../platform/logging.ts";
import { within } from "../../../platform/within.ts";
import type { Print } from "../method.ts";
import { MailFailed, type SendOne } from "./mail-failed.ts";
import { openSmtp } from "./smtp.ts";

/** What sends the mails of a server. */
export type Mailer = {
  /** @throws MailFailed */
  send(mail: Omit<Mail, "from">): Promise<void>;
  /** Whether mails go to the terminal of the person who started the server. */
  readonly isPrinted: boolean;
  /** Where mails are printed: on this terminal, from now on. */
  printOn(print: Print | undefined): void;
};

const MILLISECONDS = 15_000;
const CHECK_MILLISECONDS = 10_000;

/**
 * @throws ConfigurationError that stops the start: no way to send, no `nodemailer`, or settings that can never work. A mail server
 * that is out of reach now is a line in the log.
 * @param milliseconds how long a mail may take; fifteen seconds, unless a test cannot wait that long
 */
export async function openMailer(
  { from, by }: MailSettings,
  { issuer, log }: { readonly issuer: string; readonly log: Pick<Log, "error" | "info"> },
  milliseconds = MILLISECONDS,
): Promise<Mailer> {
  if (by === "print") return printingMailer(issuer, log);
  const send = typeof by === "function" ? byFunction(by) : await bySmtp(by, log);
  return {
    isPrinted: false,
    send: (mail) => inTime(send({ ...mail, from: from ?? "" }), milliseconds),
    printOn() {},
  };
}

async function inTime(sending: Promise<void>, milliseconds: number): Promise<void> {
  // What fails after that is dropped.
  const sent = await within(
    milliseconds,
    sending.then(() => true),
    () => false,
  );
  if (!sent) throw new MailFailed("unknown", `no answer within ${milliseconds / 1000} seconds`);
}

function byFunction(send: SendMail): SendOne {
  return async (mail) => {
    try {
      await send(mail);
    } catch (error) {
      // What it throws may hold the mail: an HTTP client puts the body that it sent into its errors.
      const name = error instanceof Error && /^\w{1,60}$/.test(error.name) ? error.name : "something";
      // Nor does it say how far the mail had come.
      throw new MailFailed("unknown", `the function send threw ${name}`);
    }
  };
}

async function bySmtp(
  settings: Exclude<MailSettings["by"], SendMail | "print">,
  log: Pick<Log, "error">,
): Promise<SendOne> {
  const smtp = await openSmtp(settings);
  const problem = await within(CHECK_MILLISECONDS, smtp.check(), () => "no answer");
  if (problem !== undefined) {
    const { host, port } = settings;
    log.error("the mail server can't be reached now, so no one can sign in by email", {
      host,
      port,
      reason: problem,
    });
  }
  return smtp.send;
}

/** In development: what would be a mail is on the terminal of the person who started the server, and in no log. */
function printingMailer(issuer: string, log: Pick<Log, "info">): Mailer {
  requirePrintable(issuer);
  let terminal: Print | undefined;
  return {
    isPrinted: true,
    async send({ to, subject, text }) {
      if (!terminal) throw new MailFailed("server_down", "there is no terminal to print the mail on");
      terminal(`\nMail to ${to}: ${subject}\n\n${text.replace(/^(?=.)/gm, "  ")}\n\n`);
    },
    printOn(print) {
      terminal = print;
      log.info(
        print
          ? "magicLink() has neither smtp nor send: it prints each mail on this terminal"
          : "magicLink() has neither smtp nor send, and there is no terminal to print mails on, so no one can sign in by email",
      );
    },
  };
}

/** @throws ConfigurationError where a mail that is printed would not reach the one who asked for it */
export function requirePrintable(issuer: string): void {
  if (!isLoopbackHost(new URL(issuer).hostname)) {
    throw new ConfigurationError(
      "magicLink() has neither smtp nor send, so it can't send mail. Give it smtp and from, or send and from. Only on localhost does it print mails instead.",
    );
  }
}
