import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConfigurationError } from "../core/errors.ts";
import { html } from "./html.ts";
import { checkLoginTemplate, renderLoginTemplate } from "./login-template.ts";

const TEMPLATE = `<!doctype html><title>{app_name}</title><style>body { margin: 0 }</style>
<p>{error_message}</p>
<form method="post" action="/oauth/login">
<input type="hidden" name="state" value="{state}">
<input name="username" value='{username}'>
<input type="password" name="password">
<button>Sign in</button></form>`;

const VALUES = { state: "sealed", username: "ada", appName: "my-app", errorMessage: "", methods: html`` };

describe("renderLoginTemplate", () => {
  it("fills in the four placeholders, wherever and however often they stand", () => {
    const page = renderLoginTemplate("{state}{username}|{app_name}|{error_message}|{username}", {
      ...VALUES,
      errorMessage: "Wrong.",
    });
    expect(page).toBe("sealedada|my-app|Wrong.|ada");
  });

  it("leaves every other brace alone", () => {
    const others = "{ state } {State} {{app_name} {password} {} $& body{margin:0} {error}";
    expect(renderLoginTemplate(others, VALUES)).toBe(others.replace("{{app_name}", "{my-app"));
  });

  it("replaces in one pass: what a value holds is never replaced again", () => {
    const page = renderLoginTemplate("{username}/{error_message}/{app_name}", {
      ...VALUES,
      state: "SECRET",
      username: "{state}",
      errorMessage: "{username}{state}",
      appName: "$& $1 {app_name}",
    });
    expect(page).toBe("{state}/{username}{state}/$&amp; $1 {app_name}");
    expect(page).not.toContain("SECRET");
  });

  it("escapes every value for text and for attributes in either quote", () => {
    const nasty = `<script>"'&</script>`;
    const safe = "&lt;script&gt;&quot;&#39;&amp;&lt;/script&gt;";
    const page = renderLoginTemplate("{state} {username} {app_name} {error_message}", {
      ...VALUES,
      state: nasty,
      username: nasty,
      appName: nasty,
      errorMessage: nasty,
    });
    expect(page).toBe([safe, safe, safe, safe].join(" "));
  });

  it("never lets a value add a tag or a quote", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (typed) => {
        const page = renderLoginTemplate("{username}", { ...VALUES, username: typed });
        expect(page).not.toMatch(/[<>"']/);
      }),
    );
  });
});

describe("checkLoginTemplate", () => {
  it("accepts a page that works", () => {
    expect(() => checkLoginTemplate(TEMPLATE)).not.toThrow();
    const terse =
      "<FORM METHOD=POST><INPUT NAME=state VALUE={state}><INPUT NAME=username><INPUT NAME=password></FORM>";
    expect(() => checkLoginTemplate(terse)).not.toThrow();
  });

  it.each([
    ["nothing at all", "", "{state}"],
    ["no {state}", TEMPLATE.replace("{state}", ""), "has no {state}"],
    [
      "{state} in a comment only",
      TEMPLATE.replace("{state}", "").concat("<!-- {state} -->"),
      "has no {state}",
    ],
    ["no form", TEMPLATE.replace(/<\/?form[^>]*>/g, ""), "no form that posts"],
    [
      "a form that puts the password into the address",
      TEMPLATE.replace('method="post"', ""),
      "no form that posts",
    ],
    ["no field for the state", TEMPLATE.replace('name="state"', ""), "input named state"],
    ["no field for the name", TEMPLATE.replace('name="username"', 'name="user"'), "input named username"],
    [
      "no field for the password",
      TEMPLATE.replace('name="password"', 'data-name="password"'),
      "named password",
    ],
    ["a placeholder without quotes", TEMPLATE.replace("'{username}'", "{username}"), "without quotes"],
    ["a placeholder in a script", `${TEMPLATE}<script>let name = "{username}"</script>`, "in <script>"],
  ])("refuses %s, with a sentence that says what to write", (_, template, said) => {
    const check = () => checkLoginTemplate(template);
    expect(check).toThrow(ConfigurationError);
    expect(check).toThrow(said);
    expect(check).toThrow(/^The option loginTemplate cannot be used: .*\.$/);
  });
});
