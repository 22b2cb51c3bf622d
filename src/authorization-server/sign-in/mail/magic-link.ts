import {
  MAGIC_LINK,
  type MagicLinkOptions,
  type MailSettings,
  magicLinkSignIn,
} from "../../../config/sign-in/mail-options.ts";
import { readMailbox } from "../../../core/email-address.ts";
import { urlOf } from "../../../http/route.ts";
import { mailForm } from "../../../pages/mail-ask.ts";
import type { SignInMethod } from "../method.ts";
import { accountAddress } from "./account-address.ts";
import { askRoute } from "./ask.ts";
import { codeRoute } from "./code.ts";
import { forgottenPasswordRoute, forgottenPasswordUrl } from "./forgotten-password.ts";
import { linkRoute } from "./link.ts";
import { createMailLimits } from "./mail-limits.ts";
import { createMailedLinks } from "./mailed-links.ts";
import { openMailer, requirePrintable } from "./mailer.ts";
import { ASK_PATH, type MailSignInParts } from "./sign-in-parts.ts";

/**
 * Sign-in by email: a link and a six-digit code, of which either signs in the browser that asked, once, within ten minutes. Anyone can have an address,
 * so say with `admit` who may come in. Without `smtp` and `send`, on localhost only, mails are printed on the terminal.
 * @throws ConfigurationError where an option is missing or wrong
 * @example
 * ```ts
 * import { createOAuthServer } from "mcp-gatehouse";
 * import { magicLink } from "mcp-gatehouse/sign-in";
 *
 * const server = createOAuthServer("my-app", {
 *   signIn: [
 *     magicLink({
 *       smtp: process.env.SMTP_URL ?? "smtp://localhost:1025",
 *       from: "My app <no-reply@example.com>",
 *     }),
 *   ],
 *   admit: { emails: ["*@example.com"] },
 * });
 * ```
 */
export function magicLink(options: MagicLinkOptions = {}): SignInMethod {
  return magicLinkMethod(magicLinkSignIn.parse(options));
}

/** The method of these settings: what the function above and the environment come to. */
export function magicLinkMethod(settings: MailSettings): SignInMethod {
  const method = { name: MAGIC_LINK, label: "Email", people: "public" } as const;
  return {
    ...method,
    isOneFactor: true,
    saysGroups: false,
    saysClaims: false,
    requireUsableAt(issuer) {
      if (settings.by === "print") requirePrintable(issuer);
    },
    async open(parts) {
      const mailer = await openMailer(settings, parts);
      const [links, limits] = [createMailedLinks(parts), createMailLimits(parts)];
      const { issuer, look } = parts;
      const { mail: label, mailToLink: linkLabel } = look.texts.login.labels;
      const common: MailSignInParts & typeof parts = {
        ...parts,
        method: { ...method, label },
        mailer,
        links,
        limits,
      };
      return {
        label,
        panel: {
          kind: "form",
          html: (visit, isOnly) =>
            mailForm(
              {
                look,
                action: urlOf(issuer, ASK_PATH),
                state: visit.sealed,
                typed: readMailbox(visit.loginHint ?? ""),
              },
              isOnly ? "only" : "one_of_several",
            ),
        },
        routes: [askRoute(common), codeRoute(common), linkRoute(common)],
        proves: (identity) => identity.method === MAGIC_LINK,
        linkLabel,
        passwordReset: {
          route: forgottenPasswordRoute(common),
          url: (visit) => forgottenPasswordUrl(visit, issuer),
        },
        account: accountAddress(common),
        async started(print) {
          mailer.printOn(print);
        },
      };
    },
  };
}
