import { isIP } from "node:net";
import { z } from "zod";
import { isLoopbackHost } from "../../core/hosts.ts";
import { aFunction, text, wholeNumber } from "../basic-schemas.ts";
import { declared } from "../declared.ts";
import { text as asText, boolean } from "../variables.ts";
import { defineSignIn } from "./definition.ts";
import { mailboxWithName } from "./mailbox-with-name.ts";

/** Lets mails, and the password of the mail server, cross a network readable. For a network that only you use. */
export const allowInsecureSmtp: unique symbol = Symbol("allowInsecureSmtp");

/** A mail that is to be sent. It has a link or a code that signs its reader in: keep it out of logs. */
export type Mail = {
  /** One plain address, without a name. */
  readonly to: string;
  /** As the option `from` has it. */
  readonly from: string;
  readonly subject: string;
  /** Plain text; lines end with "\n". */
  readonly text: string;
};

/** Sends a mail. Throws, or rejects, where it could not be sent. */
export type SendMail = (mail: Mail) => void | Promise<void>;

/** How mail is sent, once the options are parsed. */
export type MailSettings = {
  /** Undefined where mails are printed. */
  readonly from: string | undefined;
  readonly by: SmtpSettings | SendMail | "print";
};

export type SmtpSettings = {
  readonly host: string;
  readonly port: number;
  /** `implicit`: TLS from the first byte. `required`: STARTTLS. `if_offered`: plain text where it is not offered. */
  readonly tls: "implicit" | "required" | "if_offered" | "none";
  readonly login: { readonly user: string; readonly password: string } | undefined;
};

const SMTP =
  '"smtp://user:password@mail.example.com:587", "smtps://…", or { host, port?, secure?, user?, password? }, with a port from 1 to 65535';

const HOST = 'a host name or an address, such as "mail.example.com"';
/** Letters, digits and what stands between them. Anything else would be quoted at the start: a whole URL, say. */
const HOST_NAME = /^[\p{L}\p{M}\p{N}_]([\p{L}\p{M}\p{N}_.-]*[\p{L}\p{M}\p{N}_.])?$/u;
const LONGEST_HOST = 253;

function isHost(text: string): boolean {
  return isIP(text) !== 0 || (text.length <= LONGEST_HOST && HOST_NAME.test(text));
}

const smtpObject = z.strictObject(
  {
    host: z.string(HOST).refine(isHost, HOST),
    port: wholeNumber(1, 65_535, "a port").optional(),
    secure: z.boolean("true or false").optional(),
    user: text("a username").optional(),
    password: text("a password").optional(),
  },
  { error: (issue) => (issue.code === "invalid_type" ? SMTP : undefined) },
);
type SmtpObject = z.infer<typeof smtpObject>;

/** `smtp://` begins in plain text and must go over to TLS; `smtps://` is TLS from the first byte. */
const smtpUrl = z.string(SMTP).transform((url, context): SmtpObject => {
  const read = readSmtpUrl(url);
  if (read) return read;
  context.addIssue({ code: "custom", input: url, message: SMTP });
  return z.NEVER;
});

export const magicLinkOptions = {
  smtp: z.union([smtpUrl, smtpObject], SMTP).optional().register(declared, {
    says: "Your mail server: `smtp://user:password@mail.example.com:587`, or `{ host, port, secure, user, password }`.",
    more: "Characters such as `@` in a username or password are percent-encoded in a URL (`%40`). `smtp://` goes over to TLS before anything is sent, and `smtps://` begins with it; on this computer it may be plain text. Needs the package `nodemailer`.",
    otherwise: "on a loopback issuer the mail is printed on the terminal",
    fromText: asText,
  }),
  send: aFunction<SendMail>().optional().register(declared, {
    says: "Your own function that sends a mail, instead of `smtp`: `({ to, from, subject, text }) => …`. It throws if it could not.",
    more: "It has 15 seconds.",
  }),
  from: mailboxWithName.optional().register(declared, {
    says: 'The sender: `no-reply@example.com`, or with a name `"My app <no-reply@example.com>"`.',
    otherwise: "required with `smtp` or `send`",
    fromText: asText,
  }),
  [allowInsecureSmtp]: z.boolean("true or false").optional().register(declared, {
    says: "Let mails and the mail server's password cross a network without TLS if the server offers none.",
    more: "A symbol, so that you can search for it.",
    otherwise: "`false`",
    fromText: boolean,
  }),
};

type Given = z.input<z.ZodObject<typeof magicLinkOptions>>;

/** What `magicLink` takes. */
export type MagicLinkOptions = {
  /**
   * Your mail server: `smtp://user:password@mail.example.com:587`, or `{ host, port, secure, user, password }`. Default:
   * on a loopback issuer the mail is printed on the terminal.
   */
  smtp?: Given["smtp"];
  /**
   * Your own function that sends a mail, instead of `smtp`: `({ to, from, subject, text }) => …`. It throws where it
   * could not. Default: none.
   */
  send?: Given["send"];
  /**
   * The sender: `no-reply@example.com`, or with a name `"My app <no-reply@example.com>"`. Default: required with `smtp`
   * or `send`.
   */
  from?: Given["from"];
  /**
   * Let mails and the mail server's password cross a network without TLS if the server offers none. Default: `false`.
   */
  [allowInsecureSmtp]?: Given[typeof allowInsecureSmtp];
};

/** Of the method, of its variables and of its identities. */
export const MAGIC_LINK = "magic_link";

export const magicLinkSignIn = defineSignIn({
  name: MAGIC_LINK,
  title: "Email",
  options: magicLinkOptions,
  example: "{ smtp, from }",
  checks({ value, issues }) {
    const { smtp, send, from } = value as { smtp?: SmtpObject; send?: unknown; from?: unknown };
    const wrong = (path: string, message: string) =>
      issues.push({ code: "custom", input: undefined, path: [path], message });
    if (smtp !== undefined && send !== undefined) wrong("send", "left out where smtp is given");
    if ((smtp !== undefined || send !== undefined) && from === undefined) {
      wrong("from", "the sender's address, such as no-reply@example.com");
    }
    if (smtp === undefined && send === undefined && from !== undefined) {
      wrong("smtp", "given with from: your mail server, such as smtp://user:password@mail.example.com:587");
    }
    if (smtp !== undefined && (smtp.user === undefined) !== (smtp.password === undefined)) {
      issues.push({
        code: "custom",
        input: undefined,
        path: ["smtp", smtp.user === undefined ? "user" : "password"],
        message: "given: the mail server gets both a username and a password, or neither",
      });
    }
  },
  settings: ({ smtp, send, from, ...options }): MailSettings => ({
    from,
    by: smtp ? smtpSettings(smtp, options[allowInsecureSmtp] === true) : (send ?? "print"),
  }),
});

function smtpSettings(
  { host, port, secure = port === 465, user, password }: SmtpObject,
  allowInsecure: boolean,
): SmtpSettings {
  return {
    host,
    port: port ?? (secure ? 465 : 587),
    tls: secure ? "implicit" : plainTls(host, allowInsecure),
    login: user === undefined || password === undefined ? undefined : { user, password },
  };
}

function plainTls(host: string, allowInsecure: boolean): SmtpSettings["tls"] {
  // What stays on this computer needs no certificate.
  if (isLoopbackHost(host)) return "none";
  return allowInsecure ? "if_offered" : "required";
}

function readSmtpUrl(text: string): SmtpObject | undefined {
  const url = URL.parse(text);
  const isSmtp = url?.protocol === "smtp:" || url?.protocol === "smtps:";
  if (!url || !isSmtp || url.hostname === "" || url.port === "0") return undefined;
  if (url.search !== "" || url.hash !== "") return undefined;
  if (url.pathname !== "" && url.pathname !== "/") return undefined;
  try {
    const [user, password] = [url.username, url.password].map(decodeURIComponent);
    return {
      host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
      secure: url.protocol === "smtps:",
      ...(url.port !== "" && { port: Number(url.port) }),
      ...(user !== "" && user !== undefined && { user }),
      ...(password !== "" && password !== undefined && { password }),
    };
  } catch {
    // A "%" that encodes nothing.
    return undefined;
  }
}
