import { undeceiving } from "../../../pages/html.ts";
import type { Look } from "../../../pages/look.ts";
import { english } from "../../../pages/texts/en.ts";
import { LINK_HOURS } from "../users/one-time-links.ts";
import { MAIL_MINUTES } from "./mailed-links.ts";

/**
 * The mails, in plain text. Nothing in them was chosen by a stranger, not even the name of the app that wants to connect: anyone can
 * have a mail sent to anyone, and its text would be theirs.
 */
type Mail = { readonly subject: string; readonly text: string };

/** The operator's name for the app, and the words. */
type Said = Pick<Look, "name" | "texts">;

export function signInMail(look: Said, { url, code }: { readonly url: string; readonly code: string }): Mail {
  const name = shown(look.name);
  const texts = look.texts.mails.signIn;
  return {
    subject: texts.subject(name),
    text: paragraphs(
      texts.openLink(name),
      url,
      texts.orTypeCode,
      spaced(code),
      texts.onceWithin(MAIL_MINUTES),
      texts.notYou,
    ),
  };
}

/** @param links undefined where no person has the address */
export function newPasswordMail(
  look: Said,
  links: readonly { readonly username: string; readonly url: string }[],
): Mail {
  const name = shown(look.name);
  const texts = look.texts.mails.newPassword;
  const subject = texts.subject(name);
  if (links.length === 0) {
    return { subject, text: paragraphs(texts.noOne(name), texts.anotherWay) };
  }
  return {
    subject,
    text: paragraphs(
      ...links.flatMap(({ username, url }) => [texts.openLink(shown(username), name), url]),
      texts.onceWithin(links.length, LINK_HOURS.password),
      texts.notYou,
    ),
  };
}

/** To the address that a person has now. */
export function oldAddressMail(
  look: Said,
  { code, to }: { readonly code: string; readonly to: string },
): Mail {
  const name = shown(look.name);
  const texts = look.texts.mails.oldAddress;
  return {
    subject: texts.subject(name),
    text: paragraphs(
      texts.someoneChanges(name, to),
      texts.typeCode,
      spaced(code),
      texts.onceWithin(MAIL_MINUTES),
      texts.notYou,
    ),
  };
}

/** To the address that they are to have. */
export function newAddressMail(look: Said, { code }: { readonly code: string }): Mail {
  const name = shown(look.name);
  const texts = look.texts.mails.newAddress;
  return {
    subject: texts.subject(name),
    text: paragraphs(
      texts.someoneUses(name),
      texts.typeCode,
      spaced(code),
      texts.onceWithin(MAIL_MINUTES),
      texts.notYou,
    ),
  };
}

/**
 * @param appName the operator's, for people
 * @param invited.username undefined where the person chooses one
 */
export function invitationMail(
  appName: string,
  invited: { readonly url: string; readonly username: string | undefined; readonly hours: number },
): Mail {
  const name = shown(appName);
  const { url, username, hours } = invited;
  // A command sends it, and commands speak English.
  const texts = english.mails.invitation;
  return {
    subject: texts.subject(name),
    text: paragraphs(
      username === undefined ? texts.chooseBoth(name) : texts.choosePassword(name, shown(username)),
      url,
      texts.onceWithin(hours),
    ),
  };
}

/** A line break in a name would begin another line, and in a subject another header. */
function shown(name: string): string {
  return undeceiving(name);
}

function spaced(code: string): string {
  return `${code.slice(0, 3)} ${code.slice(3)}`;
}

function paragraphs(...texts: readonly string[]): string {
  return `${texts.join("\n\n")}\n`;
}
