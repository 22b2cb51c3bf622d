import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { PRESETS } from "../../src/providers/index.ts";
import { pageOf } from "../../src/providers/page.ts";
import { CHECKOUT } from "../support/checkout.ts";
import { readDocument } from "../support/markdown.ts";
import { gatehouse } from "../support/processes/command.ts";

describe("docs/providers", () => {
  it("has a page for every preset, and the overview", () => {
    const pages = [...PRESETS.keys()].map((name) => `${name}.md`);
    expect(readdirSync(join(CHECKOUT, "docs/providers")).sort()).toEqual(["README.md", ...pages].sort());
  });

  it.each([...PRESETS.values()])("$name.md is what the sources say (gatehouse provider $name)", (preset) => {
    expect(readDocument(`docs/providers/${preset.name}.md`)).toBe(pageOf(preset));
  });

  it("names every preset in the overview", () => {
    const overview = readDocument("docs/providers/README.md");
    expect([...PRESETS.keys()].filter((name) => !overview.includes(`](${name}.md)`))).toEqual([]);
  });
});

describe("gatehouse provider", () => {
  it("prints the page, to the letter", async () => {
    const { stdout, exitCode } = await gatehouse(["provider", "okta"]);
    expect(exitCode).toBe(0);
    expect(stdout).toBe(readDocument("docs/providers/okta.md"));
  });

  it("puts one's own values into it, everywhere", async () => {
    const { stdout } = await gatehouse([
      "provider",
      "okta",
      "domain=login.acme.com",
      "authorizationServerId=aus1",
      "--resource",
      "https://todo.acme.com/mcp",
    ]);
    expect(stdout).toContain("https://login.acme.com/oauth2/aus1");
    expect(stdout).toContain('audience: "https://todo.acme.com/mcp"');
    expect(stdout).not.toMatch(/acme\.okta\.com|mcp\.example\.com/);
  });

  it("takes a value several times", async () => {
    const { stdout } = await gatehouse(["provider", "google", "clientIds=one", "clientIds=two"]);
    expect(stdout).toContain('clientIds: ["one","two"]');
  });

  it("lists the providers that are known", async () => {
    const { stdout } = await gatehouse(["provider"]);
    for (const { name, title } of PRESETS.values())
      expect(stdout).toMatch(new RegExp(`^${name} +${title} `, "m"));
  });

  it.each([
    [
      ["provider", "saml"],
      /^gatehouse: People sign in to your server .* gatehouse provider saml --sign-in$/m,
    ],
    [
      ["provider", "gogle"],
      /^gatehouse: "gogle" is not a known provider\. Did you mean google\? Known are: /m,
    ],
    [["provider", "nobody"], /^gatehouse: "nobody" is not a known provider\. .* use generic\.$/m],
    [["provider", "okta", "audience=x"], /^gatehouse: domain is missing; it must be a host/m],
    [["provider", "okta", "domain"], /^gatehouse: "domain" is not a value; write the name/m],
    [["provider", "okta", "--resource", "mcp"], /^gatehouse: --resource is "mcp"; it must be a URL/m],
  ])("%j is answered with a sentence", async (parameters, sentence) => {
    const { exitCode, stdout, stderr } = await gatehouse(parameters);
    expect(exitCode).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toMatch(sentence);
  });
});
