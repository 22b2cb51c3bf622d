import { join } from "node:path";
import { expect, it } from "vitest";
import { CHECKOUT } from "../support/checkout.ts";
import { start, temporaryFolder } from "../support/processes/command.ts";
import { metadataOf } from "../support/sign-in/saml-idp.ts";

it.each([
  [
    "saml()",
    "@node-saml/node-saml",
    { SIGN_IN: "saml", SIGN_IN_SAML_METADATA: metadataOf() },
    "signIn has saml(), and the package @node-saml/node-saml is not installed. Install it: npm install @node-saml/node-saml\n",
  ],
  [
    "magicLink() and a mail server",
    "nodemailer",
    {
      SIGN_IN: "magic_link",
      SIGN_IN_MAGIC_LINK_SMTP: "smtp://localhost:1025",
      SIGN_IN_MAGIC_LINK_FROM: "no-reply@mcp.example",
      SIGN_IN_ADMIT: "anyone",
    },
    "magicLink() with smtp needs the package nodemailer. Install it: npm install nodemailer\n",
  ],
])(
  "a server with %s says what to install where the package is missing",
  async (_what, name, env, sentence) => {
    const parameters = ["--import", without(name), join(CHECKOUT, "src/cli/main.ts"), "demo", "--port", "0"];
    const { ended } = start(process.execPath, parameters, { cwd: await temporaryFolder(), env });
    const { exitCode, stderr } = await ended;
    expect(exitCode).toBe(1);
    expect(stderr).toContain(sentence);
  },
);

/** As on a machine on which this package was not installed. */
function without(name: string): string {
  return `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from "node:module";
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier !== ${JSON.stringify(name)} && !specifier.startsWith(${JSON.stringify(`${name}/`)}))
        return next(specifier, context);
      throw Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" });
    },
  });
`)}`;
}
