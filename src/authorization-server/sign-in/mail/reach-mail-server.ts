import type { MailSettings } from "../../../config/sign-in/mail-options.ts";
import { ConfigurationError } from "../../../core/errors.ts";
import type { Reached } from "../reach.ts";
import { openSmtp } from "./smtp.ts";

/** Connects to the mail server as a server at its start does: up to TLS and the login. No mail is sent. */
export async function reachMailServer({ by }: Pick<MailSettings, "by">): Promise<Reached> {
  if (by === "print") return { result: "skipped", detail: "mails are printed on the terminal" };
  if (typeof by === "function") return { result: "skipped", detail: "your own function sends mails" };
  const { host, port, tls, login } = by;
  try {
    const { check } = await openSmtp(by);
    const problem = await check();
    if (problem !== undefined) {
      return {
        result: "failed",
        detail: `the mail server ${host}:${port} can't be reached: ${problem}`,
        advice: "Let this host connect there. SMTP does not go through HTTPS_PROXY.",
      };
    }
    const isByTls = tls === "implicit" || tls === "required";
    const detail = `the mail server ${host}:${port} ${login ? "accepts the login" : "answers"}${isByTls ? ", by TLS" : ""}`;
    return { result: "ok", detail };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return { result: "failed", detail: error.message.replace(/\.$/, "") };
  }
}
