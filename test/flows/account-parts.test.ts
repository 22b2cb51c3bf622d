import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { identityId } from "../../src/authorization-server/account/identity-id.ts";
import type { AccountPart } from "../../src/authorization-server/sign-in/account-part.ts";
import type { SignInMethod } from "../../src/authorization-server/sign-in/method.ts";
import { password } from "../../src/authorization-server/sign-in/password/password.ts";
import type { OAuthServerOptions } from "../../src/config/options-schema.ts";
import { OAuthError } from "../../src/core/errors.ts";
import type { PartName } from "../../src/pages/account/values.ts";
import { html } from "../../src/pages/html.ts";
import {
  beginLink,
  confirmLink,
  follow,
  openAccount,
  press,
  signInToAccount,
  textOf,
  valuesOf,
} from "../support/account.ts";
import { SECRET } from "../support/forge.ts";
import { openBrowser } from "../support/person.ts";
import { comeBack, redirecting } from "../support/redirecting-method.ts";
import { PEOPLE, startServer } from "../support/server.ts";

// What a method adds to the account page.

const PUBLIC_URL = "https://mcp.example";

/** The base64 of a SHA-256. */
const SCRIPT = "'sha256-RFWPLDbv2BY+rCkDzsE+0fr8ylGr2R2faWMhq4lfEQc='";

/** A section that says all that it is given, with a button for each kind of answer. */
const partOf = (name: string, more: Partial<AccountPart> = {}): AccountPart => ({
  section: async ({ person, canChange, form, problem, shown }) =>
    html`<section><h2>Of ${name}</h2><p>${name} sees ${person.id}, ${canChange ? "new" : "old"}.</p>
${problem ? html`<p role="alert">${name} ${problem.action}: ${problem.message}</p>` : undefined}
${typeof shown === "string" ? html`<p>${name} shows ${shown}</p>` : undefined}
${form("make", html`<input type="hidden" name="of_${name}" value="1"><button type="submit">Make</button>`)}
</section>`,
  actions: {
    make: async ({ form }) => ({ kind: "done", notice: form.get("is_new") === undefined ? "made" : "kept" }),
    refuse: async () => ({
      kind: "refused",
      error: new OAuthError("slow_down", "Too many tries.", { retryAfterSeconds: 7 }),
    }),
    reveal: async () => ({ kind: "show", shown: "ab12-cd34" }),
    deny: async () => {
      throw new OAuthError("invalid_request", "There is nothing to deny.");
    },
  },
  notices: {
    made: { text: `Made by ${name}.`, changed: true },
    kept: { text: `Kept by ${name}.`, changed: false },
  },
  ...more,
});

const withPart = (name: string, part: AccountPart): SignInMethod => {
  const method = redirecting(name, name);
  return { ...method, open: async (parts) => ({ ...(await method.open(parts)), account: part }) };
};

const own = () => password((name, typed) => (typed === PEOPLE[name] ? { id: `id-${name}`, name } : null));

/** Ada, signed in on a server with two methods that have the same actions. */
async function start(parts: Readonly<Record<string, AccountPart>> = {}, options: OAuthServerOptions = {}) {
  const all = { keys: partOf("keys"), codes: partOf("codes"), ...parts };
  const methods = Object.entries(all).map(([name, part]) => withPart(name, part));
  const server = await startServer({ publicUrl: PUBLIC_URL, ...options }, { signIn: [own(), ...methods] });
  const browser = openBrowser(server, PUBLIC_URL);
  return { server, browser, page: await signInToAccount(browser) };
}

const action = (name: string) => name as PartName;

describe("a method's part of the account page", () => {
  it("has its section between the ways to sign in and the sessions, in the order of the methods", async () => {
    const { page } = await start();
    const headings = [...page.html.matchAll(/<h2[^>]*>([^<]+)<\/h2>/g)].map(([, text]) => text);
    expect(headings.slice(-5)).toEqual([
      "Ways to sign in",
      "Of keys",
      "Of codes",
      "Where you are signed in",
      "Recent sign-ins",
    ]);
    expect(valuesOf(page, "action").filter((name) => name.includes("."))).toEqual([
      "keys.make",
      "codes.make",
    ]);
  });

  it("runs its own action, of two with the same name, and the page says its own notice", async () => {
    const { browser, page } = await start();
    const made = await follow(browser, await press(browser, page, action("codes.make")));
    expect(textOf(made.html)).toContain("Made by codes.");
    expect(made.html).toContain('class="notice good"');
    const kept = await follow(browser, await press(browser, page, action("keys.make"), { is_new: "0" }));
    expect(textOf(kept.html)).toContain("Kept by keys.");
    expect(kept.html).toContain('class="notice caution" role="status"');
  });

  it.each(["make", "keys.", ".make", "keys.sign_out", "keys.toString", "keys.constructor", "other.make"])(
    "has no action %s",
    async (name) => {
      const { browser, page } = await start();
      const answer = await press(browser, page, action(name));
      expect(answer.status).toBe(400);
      expect(textOf(await answer.text())).toContain("The form did not say what to do.");
    },
  );

  it("needs a new sign-in for each action", async () => {
    const { server, browser, page } = await start();
    server.advance(5 * 60 + 1);
    expect(textOf((await openAccount(browser)).html)).toContain("keys sees id-ada, old.");
    for (const name of ["keys.make", "keys.refuse", "keys.reveal", "keys.deny"]) {
      const answer = await press(browser, page, action(name));
      expect(answer.headers.get("location"), name).toContain("/oauth/login?");
    }
  });

  it("says in its own section alone why nothing was changed, with the error's status", async () => {
    const { browser, page } = await start();
    const answer = await press(browser, page, action("keys.refuse"));
    expect(answer.status).toBe(429);
    expect(answer.headers.get("retry-after")).toBe("7");
    const text = await answer.text();
    expect(textOf(text)).toContain("keys refuse: Too many tries.");
    expect(textOf(text)).not.toContain("codes refuse");
    expect(text).toContain("<title>Your account: try again");
  });

  it("shows what it shows once: in the answer, in no address, and not the next time", async () => {
    const { server, browser, page } = await start();
    const answer = await press(browser, page, action("keys.reveal"));
    expect(answer.status).toBe(200);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.headers.get("location")).toBeNull();
    const text = textOf(await answer.text());
    expect(text).toContain("keys shows ab12-cd34");
    expect(text).not.toContain("codes shows");
    expect((await openAccount(browser)).html).not.toContain("ab12-cd34");
    expect(JSON.stringify(server.lines)).not.toContain("ab12-cd34");
  });

  it("answers an error with a page of its own, on which nothing was changed", async () => {
    const { browser, page } = await start();
    const answer = await press(browser, page, action("keys.deny"));
    expect(answer.status).toBe(400);
    expect(textOf(await answer.text())).toContain("There is nothing to deny.");
  });

  it("says nothing of a part that the server no longer has", async () => {
    const folder = await mkdtemp(join(tmpdir(), "gatehouse-parts-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const options = { database: join(folder, "people.db"), secret: SECRET };
    const { server, browser, page } = await start({}, options);
    const url = (await press(browser, page, action("keys.make"))).headers.get("location") ?? "";
    expect(textOf((await openAccount(browser, url)).html)).toContain("Made by keys.");
    await server.drain();
    await server.close();
    const without = await startServer({ publicUrl: PUBLIC_URL, ...options }, { signIn: [own()] });
    const cookie = browser.cookie();
    const later = await openBrowser(without, PUBLIC_URL).request(url, { headers: { cookie } });
    expect(later.status).toBe(200);
    expect(textOf(await later.text())).not.toContain("Made by keys.");
  });
});

describe("a script of a section", () => {
  const policyOf = async (parts: Readonly<Record<string, AccountPart>>) => {
    const { browser } = await start(parts);
    return (await browser.request("/account")).headers.get("content-security-policy");
  };

  it("is allowed by its hash alone, and only on a page that has the section", async () => {
    const scripted = partOf("keys", { scriptHashes: [SCRIPT] });
    expect(await policyOf({ keys: scripted })).toMatch(
      new RegExp(
        `^default-src 'none'; style-src [^;]+; script-src ${SCRIPT.replace(/[+]/g, "\\+")}; base-uri`,
      ),
    );
    expect(await policyOf({})).not.toContain("script-src");
    expect(await policyOf({ keys: { ...scripted, section: async () => undefined } })).not.toContain(
      "script-src",
    );
  });
});

describe("identities that a section lists", () => {
  it("are in no other list, and no other button removes them; they are ways in that stay", async () => {
    const lists = partOf("keys", {
      lists: ({ issuer }) => issuer === "https://keys.example",
      section: async ({ identities, wayInWithout }) => {
        const own = identities.find(({ issuer }) => issuer === "https://keys.example");
        if (!own) return undefined;
        return html`<section><p>Own: ${own.label}, beside ${wayInWithout(own)?.label}</p></section>`;
      },
    });
    const { server, browser, page } = await start({ keys: lists });
    const state = await beginLink(browser, page, "keys");
    const linked = await confirmLink(browser, await comeBack(browser, "keys", state, { subject: "k1" }));
    expect(textOf(linked.html)).toContain("Own: k1@keys.example, beside ada");
    const own = { method: "oidc", issuer: "https://keys.example", subject: "k1" };
    expect(valuesOf(linked, "identity")).not.toContain(identityId(own));
    expect(linked.html.match(/k1@keys\.example/g)).toHaveLength(1);
    const after = await follow(
      browser,
      await press(browser, linked, "unlink", { identity: identityId(own) }),
    );
    expect(textOf(after.html)).toContain("That way to sign in was removed already.");
    expect(await server.store.listIdentities("id-ada")).toHaveLength(2);
  });
});
