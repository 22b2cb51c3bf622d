import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { github } from "../../src/authorization-server/sign-in/upstream/methods.ts";
import { declaredOptions } from "../../src/config/declared.ts";
import { variableOf } from "../../src/config/sign-in/sign-in-variables.ts";
import { pageTitleOf } from "../../src/providers/sign-in/guide.ts";
import { SIGN_IN_GUIDES } from "../../src/providers/sign-in/index.ts";
import { signInPageOf } from "../../src/providers/sign-in/page.ts";
import { CHECKOUT } from "../support/checkout.ts";
import { authorizeUrl, newPkce, register } from "../support/client.ts";
import { readDocument } from "../support/markdown.ts";
import { openBrowser } from "../support/person.ts";
import { gatehouse } from "../support/processes/command.ts";
import { closeServers, startServer } from "../support/server.ts";

const GUIDES = [...SIGN_IN_GUIDES.entries()].map(([name, guide]) => ({ name, guide }));

afterAll(closeServers);

// Run with -u, Vitest writes the pages.
describe("docs/sign-in", () => {
  it.each(GUIDES)(
    "has for $name what the sources say (gatehouse provider $name --sign-in)",
    async ({ name, guide }) => {
      await expect(signInPageOf(guide)).toMatchFileSnapshot(join(CHECKOUT, `docs/sign-in/${name}.md`));
    },
  );

  it("has a page for every method, the overview, and who may come in", () => {
    const pages = [
      "README.md",
      "users.md",
      "totp.md",
      "magic-link.md",
      "passkeys.md",
      "who-may-come-in.md",
      ...GUIDES.map(({ name }) => `${name}.md`),
    ];
    expect(readdirSync(join(CHECKOUT, "docs/sign-in")).sort()).toEqual(pages.sort());
  });

  it("names every page in the overview", () => {
    const overview = readDocument("docs/sign-in/README.md");
    const pages = ["users", "totp", "who-may-come-in", ...GUIDES.map(({ name }) => name)];
    expect(pages.filter((name) => !overview.includes(`](${name}.md)`))).toEqual([]);
  });

  it.each(GUIDES)(
    "has for $name every option, and the variable of each that text can say",
    ({ name, guide }) => {
      const page = readDocument(`docs/sign-in/${name}.md`);
      for (const { path, fromText } of declaredOptions(guide.definition.options)) {
        const variable = fromText ? `\`${variableOf(guide.definition.name, path)}\`` : "–";
        expect(page).toContain(`| \`${path}\` | ${variable} |`);
      }
    },
  );
});

describe("gatehouse provider --sign-in", () => {
  it("prints the page, to the letter, and says for which URL", async () => {
    const { stdout, stderr, exitCode } = await gatehouse(["provider", "okta", "--sign-in"]);
    expect(exitCode).toBe(0);
    expect(stdout).toBe(readDocument("docs/sign-in/okta.md"));
    expect(stderr).toMatch(
      /^This is for https:\/\/mcp\.example\.com\. .*--public-url or GATEHOUSE_PUBLIC_URL\.\n$/,
    );
  });

  it("puts one's own values into it, everywhere", async () => {
    const { stdout, stderr } = await gatehouse(
      [
        "provider",
        "keycloak",
        "--sign-in",
        "url=https://id.acme.com",
        "realm=staff",
        "clientId=todo",
        "name=acme",
      ],
      { env: { GATEHOUSE_PUBLIC_URL: "https://todo.acme.com/base/" } },
    );
    expect(stderr).toBe("");
    expect(stdout).toContain("\n   https://todo.acme.com/base/oauth/callback/acme\n");
    expect(stdout).toContain("\n   https://todo.acme.com/base/oauth/logout/acme\n");
    expect(stdout).toContain("SIGN_IN_KEYCLOAK_NAME=acme\n");
    expect(stdout).toContain('realm: "staff",');
    expect(stdout).not.toMatch(/example\.com\/|my-app"?,$/m);
    expect(stdout).toContain('}, { publicUrl: "https://todo.acme.com/base/" });');
  });

  it("leaves who may come in to the operator only where anyone can have an account", async () => {
    const page = async (...values: string[]) =>
      (await gatehouse(["provider", "google", "--sign-in", ...values])).stdout;
    expect(await page()).toContain('admit: { emails: ["*@example.com"] },');
    const restricted = await page("hd=acme.com,acme.org");
    expect(restricted).toContain('hd: ["acme.com","acme.org"],');
    expect(restricted).not.toContain("admit: {");
    // A name that comes again makes a list, where there may be one.
    expect(await page("hd=acme.com", "hd=acme.org")).toContain('hd: ["acme.com","acme.org"],');
  });

  it("names no entity ID of an example beside a file that has one", async () => {
    const { stdout } = await gatehouse(["provider", "saml", "--sign-in", "metadata=./acme.xml"]);
    expect(stdout).toContain('metadata: "./acme.xml",');
    expect(stdout).not.toContain("entityId:");
    expect(stdout).not.toContain("SIGN_IN_SAML_ENTITY_ID=");
  });

  it("lists the providers that are known", async () => {
    const { stdout } = await gatehouse(["provider", "--sign-in"]);
    for (const { name, guide } of GUIDES) {
      expect(stdout).toMatch(new RegExp(`^${name} +${pageTitleOf(guide)} `, "m"));
    }
    expect(stdout).toMatch(/^google .* clientId, hd$/m);
  });

  it.each([
    [["totp"], /^gatehouse: totp needs no provider, .* Write totp\(\) into signIn/m],
    [["magic-link"], /^gatehouse: magic-link needs no provider, .* Write magicLink\(\)/m],
    [["saml", "metadata=https://idp.acme.com/x"], /^gatehouse: saml: entityId is missing/m],
    [["nobody"], /^gatehouse: "nobody" is not a known provider\. .* use oidc\.$/m],
    [
      ["google", "clientId=a", "clientId=b"],
      /^gatehouse: clientId is given 2 times, and has one value\. Give it once\.$/m,
    ],
    [["okta", "clientSecret=do-not-show-me"], /^gatehouse: clientSecret is a secret, which other people/m],
    [
      ["okta", "domian=acme.okta.com"],
      /^gatehouse: The value's name is "domian"; it must be one of clientId, /m,
    ],
    [["okta", "domain=https://a/b"], /^gatehouse: okta: domain is "https:\/\/a\/b"; it must be a host/m],
    [["okta", "--resource", "https://a/mcp"], /^gatehouse: --resource is not for --sign-in\./m],
    [
      ["okta", "--public-url", "http://mcp.acme.com"],
      /^gatehouse: --public-url is "http:\/\/mcp\.acme\.com"/m,
    ],
  ])("%j is answered with a sentence", async (parameters, sentence) => {
    const { exitCode, stdout, stderr } = await gatehouse(["provider", "--sign-in", ...parameters]);
    expect(exitCode).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toMatch(sentence);
    expect(stderr).not.toContain("do-not-show-me");
  });
});

it("the redirect URI of the page is the one that the server sends, byte for byte", async () => {
  const issuer = "https://mcp.example";
  const signIn = [github({ clientId: "h", clientSecret: "s", name: "hub" })];
  const server = await startServer({ publicUrl: issuer }, { signIn, admit: "anyone" });
  const browser = openBrowser(server);
  const { client_id: clientId } = await register(server);
  let at: string = authorizeUrl(clientId, newPkce().challenge);
  // The sign-in page, the method, and the provider.
  for (let step = 0; step < 3; step += 1) {
    at = (await browser.request(at)).headers.get("location") ?? "";
  }
  const sent = new URL(at).searchParams.get("redirect_uri");
  expect(sent).toBe("https://mcp.example/oauth/callback/hub");
  const guide = SIGN_IN_GUIDES.get("github");
  expect(guide && signInPageOf(guide, issuer, { name: "hub" })).toContain(`\n   ${sent}\n`);
});
