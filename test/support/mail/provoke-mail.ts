import type { Mail } from "../../../src/config/sign-in/mail-options.ts";
import { openAccount, valuesOf } from "../account.ts";
import { type Browser, stateOf } from "../person.ts";
import { codeIn, linkIn, otherCode, pressLink } from "./journey.ts";

/** A `send` that keeps what it is given, and fails for an address that begins with "down". */
export function keepingMails(): { readonly mails: Mail[]; readonly send: (mail: Mail) => void } {
  const mails: Mail[] = [];
  return {
    mails,
    send(mail) {
      if (mail.to.startsWith("down")) throw new Error("down");
      mails.push(mail);
    },
  };
}

/** Everything that happens to mails: sent, failed, slowed, a wrong code, and a changed address. */
export async function provokeMail(browser: Browser, mails: readonly Mail[], domain: string): Promise<void> {
  const state = stateOf((await browser.request("/account")).headers.get("location"));
  const ask = (email: string) => browser.submit("/oauth/sign-in/magic_link", { state, email });
  for (let index = 0; index < 6; index++) await ask(`many@${domain}`);
  await ask(`down@${domain}`);
  const asked = await ask(`ada@${domain}`);
  const mail = new URL(asked.headers.get("location") ?? "").searchParams.get("mail") ?? "";
  const text = mails.at(-1)?.text ?? "";
  await browser.submit("/oauth/sign-in/magic_link/code", { state, mail, code: otherCode(codeIn(text)) });
  const landed = await pressLink(browser, linkIn(text));
  const page = await openAccount(browser, landed.headers.get("location") ?? "");
  const act = (action: string, fields: Readonly<Record<string, string>>) =>
    browser.submit("/account", { page_token: page.token, action: `magic_link.${action}`, ...fields });
  const html = await (await act("change_address", { new_address: `new@${domain}` })).text();
  const [id = ""] = valuesOf({ html, token: "" }, "mail");
  const [old_code = "", new_code = ""] = mails.slice(-2).map((one) => codeIn(one.text));
  await act("confirm_address", { mail: id, old_code, new_code });
}
