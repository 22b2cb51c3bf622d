import type { CheckUser } from "../config/settings.ts";
import { ConfigurationError } from "../core/errors.ts";
import {
  type Authorization,
  type CreateOptions,
  embeddedServer,
  protectedServer,
  type SignIn,
} from "./assembly.ts";
import { createServer, type OAuthServer } from "./oauth-server.ts";

export type { Authorization, CreateOptions, SignIn } from "./assembly.ts";
export type { Listening, OAuthServer } from "./oauth-server.ts";

/**
 * An MCP server that people sign in to: the authorization server, the guard and the MCP endpoint in one.
 *
 * @param name the application's name, as people see it when they approve a client
 * @param access `checkUser`, which gets username and password and returns the person's id or `{ id, name?, email?, … }`,
 * or null or false for a wrong pair (where it throws, the sign-in is refused); or `{ authorization: { issuer, audience } }`, to trust
 * a provider that you have. Nothing else changes between the two.
 * @throws ConfigurationError for a wrong option, with what to write instead
 * @example
 * ```ts
 * import { createOAuthServer } from "mcp-gatehouse";
 *
 * const server = createOAuthServer("my-app", (username, password) =>
 *   username === "ada" && password === "lovelace" ? "ada" : null,
 * );
 * server.registerTool("ping", { description: "Answers pong." }, ({ person }) => ({
 *   content: [{ type: "text", text: `pong, ${person.id}` }],
 * }));
 * await server.listen();
 * ```
 */
export function createOAuthServer(
  name: string,
  access: CheckUser | SignIn | Authorization,
  options: CreateOptions = {},
): OAuthServer {
  const {
    opened: _opened,
    log,
    ...server
  } = typeof access === "function" || isSignIn(access)
    ? createServer(embeddedServer(name, access, options))
    : createServer(protectedServer(name, access, options));
  return {
    ...server,
    async listen(...given: readonly unknown[]) {
      if (given.length > 0)
        throw new ConfigurationError(
          "listen() takes no arguments. Set the port with the option port, or PORT.",
        );
      const listening = await server.listen();
      const { url, port } = listening;
      // Behind a proxy, the URL does not say where the server itself is.
      const where = new URL(url).port === String(port) ? "" : ` (it listens on port ${port})`;
      log.info(`${name} is ready: ${url}${where}`);
      return listening;
    },
  };
}

function isSignIn(access: SignIn | Authorization): access is SignIn {
  return typeof access === "object" && access !== null && "signIn" in access;
}
