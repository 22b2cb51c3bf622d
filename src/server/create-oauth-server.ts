import { setTimeout as delay } from "node:timers/promises";
import { environmentOptions, loadEnvironment } from "../config/environment.ts";
import { parseOptions, withPort } from "../config/options.ts";
import type { OAuthServerOptions } from "../config/options-schema.ts";
import {
  type AuthorizationServerMetadata,
  parseAuthorizationServerMetadata,
} from "../config/protect-options.ts";
import { type ProviderOptions, parseAlsoAccepted, parseProviders } from "../config/provider-options.ts";
import type { CheckUser, Settings } from "../config/settings.ts";
import type { Auth } from "../core/auth.ts";
import { ConfigurationError } from "../core/errors.ts";
import { corsHeaders } from "../http/cors.ts";
import type { ConnectionInfo } from "../http/peer.ts";
import type { Registrar } from "../mcp/registrar.ts";
import { createRegistrations } from "../mcp/registrations.ts";
import type { McpFactory, McpIdentity } from "../mcp/servers.ts";
import { type Listener, listen } from "../platform/listener.ts";
import { createLog, type Log } from "../platform/logging.ts";
import { readProxy } from "../platform/outbound-proxy.ts";
import { onShutdownSignal } from "../platform/shutdown.ts";
import { admissionLog } from "../resource-server/admission-log.ts";
import { authInfoFor, type GuardedAuthInfo } from "../resource-server/auth-info.ts";
import type { RequestHead } from "../resource-server/guard.ts";
import { createRouteGuard } from "../resource-server/route-guard.ts";
import {
  type EmbeddedServer,
  type OpenServer,
  openProtectedServer,
  openServer,
  type ServerParts,
} from "./open-server.ts";
import { fetchOnceOpen } from "./starting.ts";

/** An MCP server with its own authorization server. */
export type OAuthServer = Registrar & {
  /**
   * Opens the database and listens.
   * @returns the URL to give to MCP clients, and the port (of use where the option said 0).
   * @throws ConfigurationError where the port is taken, or the database or the secret is not usable.
   */
  listen(): Promise<Listening>;
  /** For those who mount the server elsewhere. Opens the database at the first request. */
  fetch(request: Request, connection?: ConnectionInfo): Promise<Response>;
  /**
   * Who a request comes from, or the answer to send instead: for routes of your own beside the MCP endpoint. `OPTIONS`
   * is answered before any authentication.
   * @param request a web `Request`, or only its method, URL and headers; a body is never read
   * @param needed scopes that this request needs, beside the ones that every request does
   */
  guard(request: RequestHead, ...needed: readonly string[]): Promise<Auth | Response>;
  /** The 403 that names every scope this operation needs, or undefined where the token has them. */
  requireScopes(auth: Auth, ...needed: readonly string[]): Promise<Response | undefined>;
  /** What to add to every answer of those routes, so that the browser page that asked may read it. */
  corsHeaders(request: RequestHead): Readonly<Record<string, string>>;
  /** What a handler of the official SDK takes as the `authInfo` of a request; `authOf(context)` then tells who is calling. */
  authInfo(auth: Auth): GuardedAuthInfo;
  /**
   * Tells the clients that subscribed to this resource that it changed, where they did so in this process. That a tool,
   * prompt or resource was registered late, they are told anyway.
   */
  resourceUpdated(uri: string): void;
  /** No new connections; requests under way finish, streams are ended, the database is closed. Resolves when all is done. */
  close(): Promise<void>;
};

export type Listening = { readonly url: string; readonly port: number };

/** What is not a plain setting, but code or words for the model. */
type CreateCode = {
  /** Your own factory of SDK servers, called for each request, in place of `registerTool` and its siblings. */
  readonly mcp?: McpFactory | undefined;
  /** How to use the server, for the model that will. */
  readonly instructions?: string | undefined;
  /** Verifies the state that clients carry between the rounds of a call: `createRequestStateCodec` of the SDK is one. */
  readonly requestState?: McpIdentity["requestState"] | undefined;
  /** Where log lines go; standard output by default, pretty on a terminal. */
  readonly log?: Log | undefined;
};

export type CreateOptions = OAuthServerOptions &
  CreateCode & {
    /** Providers whose tokens open the server beside its own: to move from one to the other, or for two kinds of people. */
    readonly alsoAccept?: ProviderOptions | readonly ProviderOptions[] | undefined;
  };

/** Somebody else's authorization server, or several, in place of our own. */
export type Authorization = {
  readonly authorization: ProviderOptions | readonly ProviderOptions[];
  /**
   * How clients that look for the authorization server on this host are answered: sent to the provider's document, or
   * given a copy of it. Default "redirect".
   */
  readonly authorizationServerMetadata?: AuthorizationServerMetadata | undefined;
};

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
  access: CheckUser | Authorization,
  options: CreateOptions = {},
): OAuthServer {
  const { opened: _opened, log, ...server } = assembleServer(assemblyOf(name, access, options));
  return {
    ...server,
    async listen() {
      const listening = await server.listen();
      log.info(`${name} is ready: ${listening.url}`);
      return listening;
    },
  };
}

function assemblyOf(
  name: string,
  access: CheckUser | Authorization,
  options: CreateOptions,
): Assembly<OpenServer> {
  return typeof access === "function"
    ? embeddedServer(name, access, options)
    : protectedServer(name, access, options);
}

/** What a server is made of, and how it is opened once its URLs are known. */
export type Assembly<Opened extends OpenServer> = {
  readonly settings: Settings;
  readonly code: CreateCode;
  readonly open: (parts: ServerParts) => Promise<Opened>;
};

/** A server with people, clients and grants of its own. */
export function embeddedServer(
  name: string,
  checkUser: CheckUser,
  given: CreateOptions,
): Assembly<EmbeddedServer> {
  const { code, options, alsoAccept: accepted } = splitOptions(given);
  const environment = loadEnvironment();
  const settings = parseOptions(name, options, environmentOptions(environment, options.path));
  const alsoAccept = parseAlsoAccepted(accepted, settings);
  const proxy = readProxy(environment);
  return { settings, code, open: (parts) => openServer({ ...parts, proxy, checkUser, alsoAccept }) };
}

/** A server in front of a provider, which says who people are and what scopes there are. */
export function protectedServer(
  name: string,
  access: Authorization,
  given: CreateOptions,
): Assembly<OpenServer> {
  if (typeof access?.authorization !== "object") {
    const what = access === undefined ? "is missing" : "is neither a function nor has authorization";
    throw new ConfigurationError(
      `The second argument ${what}. Give checkUser(username, password), or { authorization: { issuer, audience } }.`,
    );
  }
  const { code, options, alsoAccept } = splitOptions(given);
  if (alsoAccept !== undefined) {
    throw new ConfigurationError(
      "alsoAccept is for a server with its own sign-in. Put both providers into authorization, as a list.",
    );
  }
  const environment = loadEnvironment();
  const settings = parseOptions(name, options, environmentOptions(environment, options.path), null);
  const providers = parseProviders(access.authorization, settings.resource);
  const authorizationServerMetadata = parseAuthorizationServerMetadata(access.authorizationServerMetadata);
  const proxy = readProxy(environment);
  return {
    settings,
    code,
    open: async (parts) => openProtectedServer({ ...parts, proxy, providers, authorizationServerMetadata }),
  };
}

function splitOptions({ mcp, log, instructions, requestState, alsoAccept, ...options }: CreateOptions): {
  readonly code: CreateCode;
  readonly options: OAuthServerOptions;
  readonly alsoAccept: CreateOptions["alsoAccept"];
} {
  return { code: { mcp, log, instructions, requestState }, options, alsoAccept };
}

/** Puts a server together. `opened` is its inside, for the demonstration, whose tools keep to-do lists. */
export function assembleServer<Opened extends OpenServer>({
  settings,
  code,
  open,
}: Assembly<Opened>): OAuthServer & { readonly opened: () => Promise<Opened>; readonly log: Log } {
  const log =
    code.log ??
    createLog({ level: settings.debug ? "debug" : "info", pretty: process.stdout.isTTY === true });
  const { descriptions } = settings.catalogue;
  // Where no scope is named, a provider knows them.
  const registrations = createRegistrations((scope) => descriptions.size === 0 || descriptions.has(scope));
  const { registerTool, registerPrompt, registerResource } = registrations;
  const identity: McpIdentity = {
    name: settings.name,
    version: "1.0.0",
    ...(code.instructions !== undefined && { instructions: code.instructions }),
    ...(code.requestState !== undefined && { requestState: code.requestState }),
  };

  /** Until the server listens, the port in its URLs may be one that the system has yet to choose. */
  let final = settings;
  let opening: Promise<Opened> | undefined;
  let listener: Listener | undefined;
  let ignoreSignals = () => {};
  const delayMs = settings.shutdownDelaySeconds * 1000;
  const openNow = () => open({ settings: final, registrations, factory: code.mcp, identity, log });
  const opened = () => {
    opening ??= openNow().catch((cause: unknown) => {
      // The next request tries again: the database may only have been away.
      opening = undefined;
      throw cause;
    });
    return opening;
  };
  /** What `fetch` opened before the server listened has another port in its URLs. */
  const closeEarlier = async () => {
    const earlier = await opening?.catch(() => undefined);
    await earlier?.drain();
    await earlier?.close();
  };
  const routeOptions = { ...settings, logAdmission: admissionLog(log, settings.debug) };
  const routeGuard = async () => createRouteGuard((await opened()).guard, routeOptions);
  const close = async () => {
    ignoreSignals();
    const server = await opening?.catch(() => undefined);
    // Streams first: the listener waits for every answer that has begun.
    const drained = server?.drain();
    await listener?.close();
    await drained;
    await server?.close();
  };
  /** In a rolling restart: whoever balances the load learns from `/ready` before a request is turned away. */
  const leave = async () => {
    (await opening?.catch(() => undefined))?.leave();
    if (delayMs > 0) await delay(delayMs);
    await close();
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
        fetch: fetchOnceOpen(ready.promise, settings),
        host: settings.host,
        port: settings.port,
        tls: settings.tls,
        log,
      });
      if (settings.handleSignals) ignoreSignals = onShutdownSignal(leave, delayMs);
      try {
        await closeEarlier();
        final = withPort(settings, listener.port);
        opening = openNow();
        ready.resolve(await opening);
      } catch (cause) {
        ready.reject(cause);
        ignoreSignals();
        await listener.close();
        throw cause;
      }
      return { url: final.resource, port: listener.port };
    },
    async fetch(request, connection) {
      return (await opened()).fetch(request, connection);
    },
    async guard(request, ...needed) {
      return (await routeGuard()).guard(request, ...needed);
    },
    async requireScopes(auth, ...needed) {
      return (await routeGuard()).requireScopes(auth, ...needed);
    },
    corsHeaders: (request) => corsHeaders(request, settings.cors),
    authInfo: (auth) => authInfoFor(final.resource)(auth),
    resourceUpdated(uri) {
      // Before it is open nobody has subscribed; where it cannot be opened, whoever opens it hears of that.
      opening?.then(
        (server) => server.resourceUpdated(uri),
        () => {},
      );
    },
    close,
  };
}
