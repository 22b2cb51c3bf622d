import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import {
  google,
  passkeys,
  signInFromEnvironment,
  users,
} from "../../src/authorization-server/sign-in/index.ts";
import { sayOfOtherHosts } from "../../src/authorization-server/sign-in/passkeys/other-hosts.ts";
import { readSignInList } from "../../src/authorization-server/sign-in/sign-in-list.ts";
import { ConfigurationError } from "../../src/core/errors.ts";
import { signInToAccount, textOf } from "../support/account.ts";
import { SECRET } from "../support/forge.ts";
import { addPasskey, atSignIn, outcomeOf, startWithPasskeys } from "../support/passkey-people.ts";
import { openBrowser } from "../support/person.ts";
import { closeServers, type TestServer } from "../support/server.ts";

const folder = mkdtempSync(join(tmpdir(), "gatehouse-passkeys-"));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(closeServers);

const said = async (server: TestServer, id: string) => {
  const [printed, logged]: [string[], string[]] = [[], []];
  const log = { info: (text: string) => void logged.push(text) };
  const relyingParty = { id, origin: `https://${id}`, name: "" };
  await sayOfOtherHosts({ store: server.store, log, relyingParty }, (text) => printed.push(text));
  await sayOfOtherHosts({ store: server.store, log, relyingParty }, undefined);
  return { printed, logged };
};

describe("where the public URL has another host than before", () => {
  it("the start says how many passkeys can't be used, on the terminal or in the log", async () => {
    const server = await startWithPasskeys();
    await addPasskey(server);
    expect(await said(server, "mcp.example")).toEqual({ printed: [], logged: [] });
    const text =
      "1 passkey was made for mcp.example and can't be used at new.example. " +
      "Set publicUrl to that host again, or have people sign in another way and add new ones.";
    expect(await said(server, "new.example")).toEqual({ printed: [`${text}\n\n`], logged: [text] });
    await addPasskey(server, { username: "grace" });
    expect((await said(server, "new.example")).logged[0]).toContain("2 passkeys were made for mcp.example");
  });

  it("they sign no one in, are no way in, and can be removed", async () => {
    const options = { database: join(folder, "moved.db"), secret: SECRET };
    const before = await startWithPasskeys(options);
    const { authenticator } = await addPasskey(before);
    await closeServers();
    const server = await startWithPasskeys({ ...options, publicUrl: "https://new.example" });
    const browser = openBrowser(server, "https://new.example");
    const { post, options: asked } = await atSignIn(browser, await browser.request("/account"));
    for (const there of [{ origin: "https://new.example", rpId: "new.example" }, {}]) {
      expect(outcomeOf(await post(authenticator.get(asked, there)))).toBe("unknown_passkey");
    }
    const page = await signInToAccount(openBrowser(server, "https://new.example"), "ada", "lovelace");
    expect(textOf(page.html)).toContain("Works only at mcp.example, where this server no longer is.");
    expect(textOf(page.html)).toContain("Your only way in");
    expect(page.html).toContain('value="passkeys.remove"');
  });
});

describe("a server", () => {
  it("starts with no passkeys at an address that can have none", async () => {
    for (const publicUrl of ["https://192.0.2.7", "http://127.0.0.1:3000"]) {
      await expect(startWithPasskeys({ publicUrl })).rejects.toThrow(ConfigurationError);
      await expect(startWithPasskeys({ publicUrl })).rejects.toThrow(/make no passkeys for an IP address/);
    }
  });

  it("has another way to sign in beside them, or no one could ever come to have one", () => {
    expect(() => readSignInList([passkeys()])).toThrow(
      "signIn has only passkeys(), which people can add only once they are signed in or invited. Add another way to sign in, such as users().",
    );
    const others = [users(), google({ clientId: "a", clientSecret: "b" })];
    for (const other of others) {
      expect(readSignInList([other, passkeys()]).methods).toHaveLength(2);
    }
  });

  it("has them from the environment", () => {
    const { signIn } = signInFromEnvironment({ SIGN_IN: "users,passkeys" });
    expect(signIn.map(({ name }) => name)).toEqual(["users", "passkeys"]);
    expect(() => signInFromEnvironment({ SIGN_IN: "users,passkey" })).toThrow("Did you mean passkeys?");
    expect(() => signInFromEnvironment({ SIGN_IN: "users,passkeys", SIGN_IN_PASSKEYS_RP_ID: "x" })).toThrow(
      "passkeys has no variables.",
    );
  });
});
