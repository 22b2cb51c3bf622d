import { ConfigurationError } from "../../../core/errors.ts";

/**
 * Loaded where a server signs people in with SAML, and nowhere else.
 * @throws ConfigurationError where it is not installed
 */
export async function nodeSaml(): Promise<typeof import("@node-saml/node-saml")> {
  try {
    return await import("@node-saml/node-saml");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw new ConfigurationError(
      "signIn has saml(), and the package @node-saml/node-saml is not installed. Install it: npm install @node-saml/node-saml",
    );
  }
}
