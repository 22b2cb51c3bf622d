import { undeceiving } from "../../../pages/html.ts";
import { LINK_HOURS } from "../users/one-time-links.ts";
import { MAIL_MINUTES } from "./mailed-links.ts";

/**
 * The mails, in plain text. Nothing in them was chosen by a stranger, not even the name of the app that wants to connect: anyone can
 * have a mail sent to anyone, and its text would be theirs.
 */
type Text = { readonly subject: string; readonly text: string };

/** @param appName the operator's, for people */
export function signInMail(
  appName: string,
  { url, code }: { readonly url: string; readonly code: string },
): Text {
  const name = shown(appName);
  return {
    subject: `Sign in to ${name}`,
    text: lines(
      `To sign in to ${name}, open this link in the browser where you asked for it:`,
      url,
      `If you read this on another device or in another browser, type this code where you asked for it:`,
      `${code.slice(0, 3)} ${code.slice(3)}`,
      `You can use either of them, once, within ${MAIL_MINUTES} minutes.`,
      "If you did not ask for this, ignore this email. Never tell anyone the code: no one who helps you needs it.",
    ),
  };
}

/** @param links undefined where no person has the address */
export function newPasswordMail(
  appName: string,
  links: readonly { readonly username: string; readonly url: string }[],
): Text {
  const name = shown(appName);
  const subject = `Your password for ${name}`;
  if (links.length === 0) {
    return {
      subject,
      text: lines(
        `Someone asked for a new password for ${name} with this address. No one with a password here has this address, so there is nothing to change.`,
        "If you sign in another way, or with another address, use that.",
      ),
    };
  }
  return {
    subject,
    text: lines(
      ...links.flatMap(({ username, url }) => [
        `Your username is ${shown(username)}. To choose a new password for ${name}, open this link:`,
        url,
      ]),
      `${links.length === 1 ? "It" : "Each link"} works once, within ${LINK_HOURS.password === 1 ? "an hour" : `${LINK_HOURS.password} hours`}. When you save the new password, you are signed out in every browser.`,
      "If you did not ask for this, ignore this email: your password stays as it is.",
    ),
  };
}

/** To the address that a person has now. */
export function oldAddressMail(
  appName: string,
  { code, to }: { readonly code: string; readonly to: string },
): Text {
  const name = shown(appName);
  return {
    subject: `Your address for ${name}`,
    text: lines(
      `Someone who is signed in to your account at ${name} wants to change your address there to ${to}.`,
      "If this is you, type this code on your account page, as the code of your current address:",
      `${code.slice(0, 3)} ${code.slice(3)}`,
      `It works once, within ${MAIL_MINUTES} minutes.`,
      "If it is not you, tell no one the code, and sign out everywhere on your account page.",
    ),
  };
}

/** To the address that they are to have. */
export function newAddressMail(appName: string, { code }: { readonly code: string }): Text {
  const name = shown(appName);
  return {
    subject: `Confirm your address for ${name}`,
    text: lines(
      `Someone wants to use this address to sign in to ${name}.`,
      "If this is you, type this code on your account page, as the code of your new address:",
      `${code.slice(0, 3)} ${code.slice(3)}`,
      `It works once, within ${MAIL_MINUTES} minutes.`,
      "If it is not you, ignore this email, and tell no one the code.",
    ),
  };
}

/** @param username undefined where the person chooses one */
export function invitationMail(
  appName: string,
  invited: { readonly url: string; readonly username: string | undefined; readonly hours: number },
): Text {
  const name = shown(appName);
  const { url, username, hours } = invited;
  return {
    subject: `Your invitation to ${name}`,
    text: lines(
      username === undefined
        ? `You are invited to ${name}. Open this link to choose a username and a password:`
        : `You are invited to ${name}. Your username is ${shown(username)}. Open this link to choose your password:`,
      url,
      `It works once, within ${hours === 1 ? "an hour" : `${hours} hours`}. Anyone who has it can use it: do not forward it.`,
    ),
  };
}

/** A line break in a name would begin another line, and in a subject another header. */
function shown(name: string): string {
  return undeceiving(name);
}

function lines(...paragraphs: readonly string[]): string {
  return `${paragraphs.join("\n\n")}\n`;
}
