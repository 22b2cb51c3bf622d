import type { SmtpSettings } from "../../../config/sign-in/mail-options.ts";
import { splitMailbox } from "../../../config/sign-in/mailbox-with-name.ts";
import { ConfigurationError } from "../../../core/errors.ts";
import { MailFailed, type SendOne } from "./mail-failed.ts";

/** Loaded where mail goes out by SMTP: others need not install it. */
const nodemailer = async () => {
  try {
    return await import("nodemailer");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw new ConfigurationError(
      "magicLink() with smtp needs the package nodemailer. Install it: npm install nodemailer",
    );
  }
};

const MILLISECONDS = {
  connectionTimeout: 5000,
  greetingTimeout: 5000,
  dnsTimeout: 5000,
  socketTimeout: 10_000,
};

export type Smtp = {
  readonly send: SendOne;
  /**
   * Connects, and signs in where there is a login. Sends nothing.
   * @returns why it can't be reached now; undefined where it can
   * @throws ConfigurationError where that is not for now: the login is refused, there is no such host, no TLS, or no certificate to trust
   */
  check(): Promise<string | undefined>;
};

/** A new connection for each mail: mails are few, and nothing has to be kept open or closed. */
export async function openSmtp({ host, port, tls, login }: SmtpSettings): Promise<Smtp> {
  const { createTransport } = await nodemailer();
  const transport = createTransport({
    host,
    port,
    secure: tls === "implicit",
    requireTLS: tls === "required",
    ignoreTLS: tls === "none",
    opportunisticTLS: tls === "if_offered",
    ...(login && { auth: { user: login.user, pass: login.password } }),
    ...MILLISECONDS,
    logger: false,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send({ to, from, subject, text }) {
      const { name, address } = splitMailbox(from) ?? { name: "", address: from };
      try {
        await transport.sendMail({
          from: { name, address },
          // As an object, and in the envelope: nothing parses it again.
          to: { name: "", address: to },
          envelope: { from: address, to: [to] },
          subject,
          text,
          headers: { "Auto-Submitted": "auto-generated" },
        });
      } catch (error) {
        throw failureOf(error);
      }
    },
    async check() {
      try {
        await transport.verify();
        return undefined;
      } catch (error) {
        const said = error as SmtpError;
        const problem = lastingProblem(said);
        if (problem === undefined) return reasonOf(said);
        throw new ConfigurationError(`The mail server ${host}:${port} ${problem}`);
      }
    },
  };
}

type SmtpError = Readonly<
  Partial<Record<"code" | "originalCode" | "responseCode" | "command" | "message" | "syscall", unknown>>
>;

/** Only codes: the server's text may repeat the address or the mail. */
function reasonOf({ code, originalCode, responseCode, command }: SmtpError): string {
  const words = [code, originalCode === code ? undefined : originalCode, responseCode, command].filter(
    (word) => typeof word === "number" || (typeof word === "string" && /^[\w -]{1,40}$/.test(word)),
  );
  return words.length > 0 ? words.join(" ") : "no answer that says why";
}

/** From here on the server knows whom the mail is for: a refusal may be about that address alone. */
const ABOUT_THE_ADDRESS: ReadonlySet<unknown> = new Set(["RCPT TO", "DATA"]);

function failureOf(error: unknown): MailFailed {
  const said = error as SmtpError;
  const isOfAddress =
    typeof said.responseCode === "number" &&
    said.responseCode !== SHUTTING_DOWN &&
    ABOUT_THE_ADDRESS.has(said.command);
  const kind = isOfAddress ? "address_refused" : isBeforeMail(said) ? "server_down" : "unknown";
  return new MailFailed(kind, reasonOf(said));
}

/**
 * Whether the mail was surely not taken: the server said no, or there was no connection yet. A time-out or a lost connection says the
 * same at every step, and may have come after the mail (RFC 5321 §4.5.3.2.6).
 */
function isBeforeMail({ code, originalCode, responseCode, message, syscall }: SmtpError): boolean {
  if (typeof responseCode === "number") return true;
  if (syscall === "connect" || NOT_CONNECTED.has(code) || NO_TLS.has(originalCode)) return true;
  return code === "ETIMEDOUT" && NO_GREETING.test(String(message));
}

const NOT_CONNECTED: ReadonlySet<unknown> = new Set(["EDNS", "ETLS", "EAUTH"]);

/** What nodemailer says of the time-outs of its own `connectionTimeout` and `greetingTimeout`. */
const NO_GREETING = /^(?:Connection timeout|Greeting never received)$/;

/** RFC 5321 §3.8: also in answer to RCPT TO. */
const SHUTTING_DOWN = 421;

const UNKNOWN_AUTHORITY =
  "has a certificate that no authority signed that Node trusts. For a private authority, set NODE_EXTRA_CA_CERTS.";

/** By what Node and OpenSSL call it. One that has expired is not here: it may be renewed before the next mail. */
const LASTING_TLS: ReadonlyMap<unknown, string> = new Map([
  ["ERR_TLS_CERT_ALTNAME_INVALID", "has a certificate for another name. Check the host in smtp."],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", UNKNOWN_AUTHORITY],
  ["SELF_SIGNED_CERT_IN_CHAIN", UNKNOWN_AUTHORITY],
  ["UNABLE_TO_GET_ISSUER_CERT", UNKNOWN_AUTHORITY],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", UNKNOWN_AUTHORITY],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", UNKNOWN_AUTHORITY],
  ["ERR_SSL_WRONG_VERSION_NUMBER", "does not begin with TLS. If it has STARTTLS, use smtp://."],
]);

/** With one of these, no byte of a mail was sent. */
const NO_TLS: ReadonlySet<unknown> = new Set([
  ...LASTING_TLS.keys(),
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "CERT_REVOKED",
]);

function lastingProblem({ code, originalCode, responseCode, message }: SmtpError): string | undefined {
  // 454 is for now (RFC 4954 §4.7, RFC 3207 §4), and so is every other 4xx.
  const isForNow = typeof responseCode === "number" && responseCode < 500;
  if (code === "EAUTH" && !isForNow) {
    return "refused the username or password (or this way to sign in). Check smtp.";
  }
  if (code === "ETLS" && !isForNow) {
    return "does not offer TLS. Use smtps:// or a server with STARTTLS; on a network that only you use, set [allowInsecureSmtp].";
  }
  const ofTls = LASTING_TLS.get(originalCode);
  if (ofTls !== undefined) return ofTls;
  // A resolver that does not answer says EAI_AGAIN: that may pass.
  if (code === "EDNS" && /\bENOTFOUND\b/.test(String(message)))
    return "was not found. Check the host in smtp.";
  return undefined;
}
