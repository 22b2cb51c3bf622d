import { join } from "node:path";
import { expect, it } from "vitest";
import { CHECKOUT } from "../support/checkout.ts";
import { start, temporaryFolder } from "../support/processes/command.ts";
import { metadataOf } from "../support/sign-in/saml-idp.ts";

it("a server with saml() says what to install where the package is missing", async () => {
  const env = { SIGN_IN: "saml", SIGN_IN_SAML_METADATA: metadataOf() };
  const parameters = [
    "--import",
    WITHOUT_NODE_SAML,
    join(CHECKOUT, "src/cli/main.ts"),
    "demo",
    "--port",
    "0",
  ];
  const { ended } = start(process.execPath, parameters, { cwd: await temporaryFolder(), env });
  const { exitCode, stderr } = await ended;
  expect(exitCode).toBe(1);
  expect(stderr).toContain(
    "signIn has saml(), and the package @node-saml/node-saml is not installed. Install it: npm install @node-saml/node-saml\n",
  );
});

/** As on a machine on which it was not installed. */
const WITHOUT_NODE_SAML = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from "node:module";
  registerHooks({
    resolve(specifier, context, next) {
      if (!specifier.startsWith("@node-saml")) return next(specifier, context);
      throw Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" });
    },
  });
`)}`;
