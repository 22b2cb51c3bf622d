import { expect, it } from "vitest";
import { magicLink, users } from "../../src/authorization-server/sign-in/index.ts";
import { focused } from "../support/browser/in-page.js";
import { type Kind, placeOn, serveAt } from "../support/browser/serve.ts";
import { enterAt, heading, looksRight, PLACES_AND_SCREENS, windows } from "../support/browser/windows.ts";
import { codeIn, FROM, linkIn } from "../support/mail/journey.ts";
import { startMailServer } from "../support/mail/mail-server.ts";
import { addUser } from "../support/users.ts";

const newWindow = windows();

async function start(kind: Kind) {
  const mail = await startMailServer();
  const signIn = [users(), magicLink({ smtp: mail.smtp, from: FROM })];
  const { store, account } = await serveAt(await placeOn(kind), { signIn, admit: "anyone" });
  await addUser({ store, now: Date.now }, "ada", undefined, { emails: ["ada@example.com"] });
  return { mail, account };
}

it.each(PLACES_AND_SCREENS)(
  "a person signs in by mail, by link and by code, on a $kind, at $width px, $colorScheme, by keyboard",
  async ({ kind, width, colorScheme }) => {
    const { mail, account } = await start(kind);
    const { page, context, complaints } = await newWindow({ viewport: { width, height: 720 }, colorScheme });
    await page.goto(account);
    await looksRight(page);
    await page.getByLabel("Email address").focus();
    await page.keyboard.type("grace@example.com");
    await page.keyboard.press("Enter");
    await heading(page, "Check your email");
    await looksRight(page);
    // The link, in another browser: it says where to type the code.
    const link = linkIn(mail.mails.at(-1)?.text ?? "");
    const { page: phone } = await newWindow({ viewport: { width: 360, height: 720 }, colorScheme });
    await phone.goto(link);
    await heading(phone, "Type the code where you started");
    await looksRight(phone);
    // A reload asks for no other mail.
    await page.reload();
    await heading(page, "Check your email");
    expect(mail.mails).toHaveLength(1);
    // The code, with a wrong one before it: the page begins in its field.
    const code = codeIn(mail.mails[0]?.text ?? "");
    await expect.poll(() => page.evaluate(focused)).toBe("input code");
    await page.keyboard.type(code === "000000" ? "000001" : "000000");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").waitFor();
    await looksRight(page);
    await expect.poll(() => page.evaluate(focused)).toBe("input code");
    await page.keyboard.type(code);
    await page.keyboard.press("Enter");
    await heading(page, "Your account");
    await looksRight(page);
    // And the link, in a window of the same browser, when signed out. The address was mistyped first.
    await enterAt(page, "button Sign out here");
    await heading(page, "You are signed out");
    await page.goto(account);
    await page.getByLabel("Email address").fill("grace@exmaple.com");
    await page.keyboard.press("Enter");
    await heading(page, "Check your email");
    await enterAt(page, "button Use another address or way to sign in");
    await page.getByLabel("Email address").fill("grace@example.com");
    await page.keyboard.press("Enter");
    await heading(page, "Check your email");
    const tab = await context.newPage();
    await tab.goto(linkIn(mail.mails.at(-1)?.text ?? ""));
    await heading(tab, "Sign in to My app");
    await looksRight(tab);
    await enterAt(tab, "button Sign in");
    await heading(tab, "Your account");
    // What the first tab still shows is over.
    await page.getByLabel("Six-digit code").fill(codeIn(mail.mails.at(-1)?.text ?? ""));
    await page.keyboard.press("Enter");
    const over = kind === "network" ? page.getByRole("alert") : page.getByText("This request has ended");
    await over.waitFor();
    await looksRight(page);
    // A browser says that it got a 400 or 410, which it should.
    expect(complaints.filter((text) => !/status of 4\d\d/.test(text))).toEqual([]);
  },
);

it("a person who forgot the password sets a new one by mail, links the address and changes it", async () => {
  const { mail, account } = await start("network");
  const { page } = await newWindow({ viewport: { width: 360, height: 720 } });
  await page.goto(account);
  await page.getByRole("link", { name: "Forgot your password?" }).click();
  await heading(page, "Forgot your password?");
  await looksRight(page);
  await page.getByLabel("Email address").fill("ada@example.com");
  await page.keyboard.press("Enter");
  await heading(page, "Check your email");
  await looksRight(page);
  await page.goto(linkIn(mail.mails.at(-1)?.text ?? ""));
  await page.getByLabel("New password", { exact: true }).fill("a goose in the orchard");
  await page.getByLabel("New password again").fill("a goose in the orchard");
  await page.keyboard.press("Enter");
  await heading(page, "Your password is saved");

  await page.goto(account);
  await page.getByLabel("Username").fill("ada");
  await page.getByLabel("Password").fill("a goose in the orchard");
  await page.keyboard.press("Enter");
  await heading(page, "Your account");
  await page.getByLabel("New address").fill("ada@new.example");
  await page.keyboard.press("Enter");
  await page.getByLabel("Code of your current address").waitFor();
  await looksRight(page);
  const codeFor = (address: string) => codeIn(mail.mails.findLast(({ to }) => to[0] === address)?.text ?? "");
  await page.getByLabel("Code of your current address").fill(codeFor("ada@example.com"));
  await page.getByLabel("Code of your new address").fill(codeFor("ada@new.example"));
  await page.keyboard.press("Enter");
  await page.getByRole("status").filter({ hasText: "Your address was changed." }).waitFor();
});
