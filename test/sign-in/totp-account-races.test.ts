import { describe, expect, it } from "vitest";
import { press, textOf } from "../support/account.ts";
import { type Arranged, arrange, setUpApp } from "../support/account-arranged.ts";
import { authenticator, recoveryCodesIn, resetFactor, setupIn } from "../support/sign-in/authenticator.ts";

// What happens to an authenticator app while the account page changes it.

const PERSON = "id of ada";

/** Another app, up to its first code. */
async function beginOther({ server, browser, page }: Arranged) {
  const { setup, key } = setupIn(await (await press(browser, page, "totp.set_up")).text());
  return { setup, code: authenticator(key, server).code() };
}

describe("while the app is reset", () => {
  it("no recovery codes are made: they would be good for the next app, which is not theirs", async () => {
    const at = await setUpApp(await arrange());
    at.tap.meanwhile = () => resetFactor(at.server, PERSON);
    const answer = await press(at.browser, at.page, "totp.new_codes");
    expect(answer.status).toBe(403);
    const html = await answer.text();
    expect(recoveryCodesIn(html)).toEqual([]);
    expect(textOf(html)).toContain("your authenticator app was changed at the same time");
    expect(await at.server.store.listCredentials(PERSON)).toEqual([]);
  });

  it("no other app takes its place", async () => {
    const at = await setUpApp(await arrange());
    const other = await beginOther(at);
    at.tap.meanwhile = () => resetFactor(at.server, PERSON);
    expect((await press(at.browser, at.page, "totp.confirm", other)).status).toBe(403);
    expect(await at.server.store.listCredentials(PERSON)).toEqual([]);
  });
});

it("while another app takes its place, no recovery codes are made beside the codes of that one", async () => {
  const at = await setUpApp(await arrange());
  const other = await beginOther(at);
  let codes: readonly string[] = [];
  at.server.advance(1);
  at.tap.meanwhile = async () => {
    codes = recoveryCodesIn(await (await press(at.browser, at.page, "totp.confirm", other)).text());
  };
  const before = await at.server.store.listCredentials(PERSON);
  expect((await press(at.browser, at.page, "totp.new_codes")).status).toBe(403);
  expect(codes).toHaveLength(10);
  const after = await at.server.store.listCredentials(PERSON);
  expect(after).toHaveLength(before.length);
  expect(after.every(({ createdAt }) => createdAt === at.server.now())).toBe(true);
});
