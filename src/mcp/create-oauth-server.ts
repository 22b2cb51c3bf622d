import type { Connection } from "../authorization-server/routes.ts";
import { environmentOptions, loadEnvironment } from "../config/environment.ts";
import { type OAuthServerOptions, parseOptions, withPort } from "../config/options.ts";
import type { CheckUser, Settings } from "../config/settings.ts";
import type { Auth } from "../core/auth.ts";
import { type Listener, listen } from "../platform/listener.ts";
import { createLog, type Log } from "../platform/logging.ts";
import { onShutdownSignal } from "../platform/shutdown.ts";
import type { RequestHead } from "../resource-server/guard.ts";
import { type OpenServer, openServer } from "./open-server.ts";
import type { Registrar } from "./registrar.ts";
import { createRegistrations } from "./registrations.ts";
import type { McpFactory, McpIdentity } from "./servers.ts";

/** An MCP server with its own authorization server. */
export type OAuthServer = Registrar & {
  /**
   * Opens the database and listens.
   * @returns the URL to give to MCP clients, and the port (of use where the option said 0).
   * @throws ConfigurationError where the port is taken, or the database or the secret is not usable.
   */
  listen(): Promise<Listening>;
  /** For those who mount the server elsewhere. Opens the database at the first request. */
  fetch(request: Request, connection?: Connection): Promise<Response>;
  /**
   * Who a request comes from, or the answer to send instead: for routes of your own beside the MCP endpoint.
   * @param request a web `Request`, or only its method, URL and headers; a body is never read
   */
  guard(request: RequestHead): Promise<Auth | Response>;
  /** No new connections; requests under way finish, streams are ended, the database is closed. Resolves when all is done. */
  close(): Promise<void>;
};

export type Listening = { readonly url: string; readonly port: number };

/** What is not a plain setting, but code or words for the model. */
export type CreateOptions = OAuthServerOptions & {
  /** Your own factory of SDK servers, called for each request, in place of `registerTool` and its siblings. */
  readonly mcp?: McpFactory;
  /** How to use the server, for the model that will. */
  readonly instructions?: string;
  /** Verifies the state that clients carry between the rounds of a call: `createRequestStateCodec` of the SDK is one. */
  readonly requestState?: McpIdentity["requestState"];
  /** Where log lines go; standard output by default, pretty on a terminal. */
  readonly log?: Log;
};

/**
 * An MCP server that people sign in to: the authorization server, the guard and the MCP endpoint in one.
 *
 * @param name the application's name, as people see it when they approve a client
 * @param checkUser gets username and password; returns the person's id or `{ id, name?, email?, … }`, or null for a
 * wrong pair. What it throws refuses the sign-in.
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
  checkUser: CheckUser,
  options: CreateOptions = {},
): OAuthServer {
  const { opened: _opened, log, ...server } = assembleServer(name, checkUser, options);
  return {
    ...server,
    async listen() {
      const listening = await server.listen();
      log.info(`${name} is ready: ${listening.url}`);
      return listening;
    },
  };
}

/** The same with its inside, for the demonstration, whose tools keep their data in the server's own database. */
export function assembleServer(
  name: string,
  checkUser: CheckUser,
  { mcp: factory, log: ownLog, instructions, requestState, ...options }: CreateOptions,
): OAuthServer & { readonly opened: () => Promise<OpenServer>; readonly log: Log } {
  const settings = parseOptions(name, options, environmentOptions(loadEnvironment()));
  const log =
    ownLog ?? createLog({ level: settings.debug ? "debug" : "info", pretty: process.stdout.isTTY === true });
  const registrations = createRegistrations((scope) => settings.catalogue.descriptions.has(scope));
  const { registerTool, registerPrompt, registerResource } = registrations;
  const identity: McpIdentity = {
    name: settings.name,
    version: "1.0.0",
    ...(instructions !== undefined && { instructions }),
    ...(requestState !== undefined && { requestState }),
  };

  let opening: Promise<OpenServer> | undefined;
  let listener: Listener | undefined;
  let ignoreSignals = () => {};
  const open = (final: Settings) =>
    openServer({ settings: final, checkUser, registrations, factory, identity, log });
  const opened = () => {
    opening ??= open(settings);
    return opening;
  };
  const close = async () => {
    ignoreSignals();
    const server = await opening?.catch(() => undefined);
    // Streams first: the listener waits for every answer that has begun.
    const drained = server?.drain();
    await listener?.close();
    await drained;
    await server?.close();
  };
  return {
    log,
    registerTool,
    registerPrompt,
    registerResource,
    opened,
    async listen() {
      const ready = Promise.withResolvers<OpenServer>();
      // The port first: where it is chosen by the system, the issuer is not known before.
      listener = await listen({
        fetch: (request, connection) => ready.promise.then((server) => server.fetch(request, connection)),
        host: settings.host,
        port: settings.port,
        tls: settings.tls,
        log,
      });
      if (settings.handleSignals) ignoreSignals = onShutdownSignal(close);
      const final = withPort(settings, listener.port);
      opening = open(final);
      try {
        ready.resolve(await opening);
      } catch (cause) {
        ignoreSignals();
        await listener.close();
        throw cause;
      }
      return { url: final.resource, port: listener.port };
    },
    async fetch(request, connection) {
      return (await opened()).fetch(request, connection);
    },
    async guard(request) {
      return (await opened()).guard(request);
    },
    close,
  };
}
