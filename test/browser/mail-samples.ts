import { accountAddressSection, confirmAddressSection } from "../../src/pages/account/address.ts";
import { actionForm } from "../../src/pages/account/form.ts";
import { forgottenPasswordPage, passwordMailSentPage } from "../../src/pages/forgotten-password.ts";
import type { Html } from "../../src/pages/html.ts";
import { loginPage } from "../../src/pages/login.ts";
import type { Look } from "../../src/pages/look.ts";
import { mailAskPage, mailDownPage, mailForm } from "../../src/pages/mail-ask.ts";
import { mailCodePage } from "../../src/pages/mail-code.ts";
import { mailElsewherePage, mailLinkPage } from "../../src/pages/mail-link.ts";

/** The pages of a sign-in by mail, of a forgotten password, and of a changed address. */
export function mailSamples(look: Look) {
  const client = { name: "Cursor", id: "dcr_qh8aZf0u1Rz2", origin: "registered", holdsKey: false } as const;
  const email = "ada@example.com";
  const longEmail = `${"a".repeat(64)}@${"sub-domain.".repeat(16)}example`;

  const form = { look, action: "/oauth/sign-in/magic_link", state: "sealed" };
  const ask = { ...form, look, signInUrl: "/oauth/login?state=sealed" };
  const code = {
    look,
    email,
    isPrinted: false,
    action: "/oauth/sign-in/magic_link/code",
    state: "sealed",
    mail: "id",
    problem: undefined,
    askAction: "/oauth/sign-in/magic_link",
    signInUrl: "/oauth/login?state=sealed",
  };
  const link = {
    look,
    action: "/oauth/sign-in/magic_link/link",
    token: "token",
    email,
    client,
    purpose: undefined,
  } as const;
  const forgotten = {
    look,
    action: "/oauth/forgotten-password",
    state: "sealed",
    typed: "",
    problem: undefined,
    signInUrl: "/oauth/login?state=sealed",
  };
  const login = { look, state: "sealed", client, panels: [{ name: "magic_link", html: mailForm(form) }] };

  const samples: Readonly<Record<string, string>> = {
    "login-mail": loginPage({ ...login, action: undefined }),
    "login-mail-and-password": loginPage({
      ...login,
      action: "/oauth/login",
      forgottenPasswordUrl: "/oauth/forgotten-password?state=sealed",
      panels: [...login.panels, { name: "google", label: "Google", url: "/oauth/sign-in/google" }],
    }),
    "mail-ask": mailAskPage(ask),
    "mail-ask-refused": mailAskPage({
      ...ask,
      typed: "ada@",
      problem: look.texts.mail.problems.typeAddress,
    }),
    "mail-down": mailDownPage({
      ...form,
      look,
      email: longEmail,
      backUrl: "/oauth/login?state=sealed",
      correlationId: "01JD3M7Z8Q4V",
    }),
    "mail-code": mailCodePage(code),
    "mail-code-wrong": mailCodePage({
      ...code,
      email: longEmail,
      problem: look.texts.mail.problems.wrongCode(1),
    }),
    "mail-code-printed": mailCodePage({ ...code, isPrinted: true }),
    "mail-link": mailLinkPage(link),
    "mail-link-account": mailLinkPage({ ...link, client: undefined, email: longEmail }),
    "mail-link-linking": mailLinkPage({ ...link, client: undefined, purpose: "link" }),
    "mail-elsewhere": mailElsewherePage({ look }),
    "forgotten-password": forgottenPasswordPage(forgotten),
    "forgotten-password-refused": forgottenPasswordPage({
      ...forgotten,
      typed: "ada",
      problem: look.texts.mail.problems.tooManyMails(15),
    }),
    "forgotten-password-sent": passwordMailSentPage({
      look,
      isPrinted: false,
      signInUrl: "/oauth/login?state=sealed",
    }),
  };

  const inForm = (fields: Html) =>
    actionForm({ action: "/account", pageToken: "sealed" }, "magic_link.change_address", fields);

  /** The section of the account page: at rest, refused, and waiting for both codes. */
  const addressSections = {
    rest: accountAddressSection({
      look,
      address: email,
      canChange: true,
      problem: undefined,
      change: inForm,
    }),
    old: accountAddressSection({
      look,
      address: longEmail,
      canChange: false,
      problem: undefined,
      change: inForm,
    }),
    refused: accountAddressSection({
      look,
      address: email,
      canChange: true,
      problem: look.texts.account.address.isYours,
      change: inForm,
    }),
    codes: confirmAddressSection({
      look,
      from: email,
      to: longEmail,
      mail: "id",
      isPrinted: false,
      problem: look.texts.account.address.wrongCode,
      confirm: inForm,
      cancel: inForm,
    }),
  } as const;
  return { samples, addressSections };
}
