import { setTimeout as delay } from "node:timers/promises";
import { withPort } from "../config/options.ts";
import type { Settings } from "../config/settings.ts";
import type { Auth } from "../core/auth.ts";
import { corsHeaders } from "../http/cors.ts";
import type { ConnectionInfo } from "../http/peer.ts";
import type { McpIdentity } from "../mcp/servers/servers.ts";
import type { Registrar } from "../mcp/tools/registrar.ts";
import { createRegistrations, type Registrations } from "../mcp/tools/registrations.ts";
import { type Listener, listen } from "../platform/listener.ts";
import { createLog, type Log } from "../platform/logging.ts";
import { onShutdownSignal } from "../platform/shutdown.ts";
import { admissionLog } from "../resource-server/admission-log.ts";
import { authInfoFor, type GuardedAuthInfo } from "../resource-server/auth-info.ts";
import type { RequestHead } from "../resource-server/guard.ts";
import { createRouteGuard } from "../resource-server/route-guard.ts";
import type { Assembly } from "./assembly.ts";
import type { OpenServer } from "./open-server.ts";
import { sayWhatIsPublic } from "./say-public.ts";
import { fetchOnceOpen } from "./starting.ts";

/** An MCP server with its own authorization server. */
export type OAuthServer = Registrar & {
  /**
   * Opens the database and listens. With `users()` and no people, it prints a one-time invitation on a terminal; elsewhere the log says
   * that `gatehouse person invite` makes one.
   * @returns the URL to give to MCP clients, and the port (of use where the option said 0).
   * @throws ConfigurationError where the port is taken, or the database or the secret is not usable.
   */
  listen(): Promise<Listening>;
  /**
   * For those who mount the server elsewhere. Opens the database at the first request. Nothing is printed then: with `users()` and no
   * people, the log says that `gatehouse person invite` makes the first invitation.
   */
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

/** The same, with its inside: for the demonstration, whose tools keep to-do lists. */
export type AssembledServer<Opened extends OpenServer> = OAuthServer & {
  readonly opened: () => Promise<Opened>;
  readonly log: Log;
};

/** Puts a server together. Nothing is opened before it listens, or is asked something. */
export function createServer<Opened extends OpenServer>({
  settings,
  code,
  open,
}: Assembly<Opened>): AssembledServer<Opened> {
  const log =
    code.log ??
    createLog({ level: settings.debug ? "debug" : "info", pretty: process.stdout.isTTY === true });
  const registrations = registrationsFor(settings);
  const identity = identityOf(settings, code);
  const sayPublic = code.mcp ? () => {} : sayWhatIsPublic(registrations, log);
  const inside = createInside(
    settings,
    async (final) => {
      const server = await open({ settings: final, registrations, factory: code.mcp, identity, log });
      sayPublic(final);
      return server;
    },
    log,
  );
  const { listen: listenNow, close } = createListening(settings, inside, log);
  const routeOptions = { ...settings, logAdmission: admissionLog(log, settings.debug) };
  const routeGuard = async () => createRouteGuard((await inside.opened()).guard, routeOptions);
  return {
    log,
    opened: inside.opened,
    registerTool: registrations.registerTool,
    registerPrompt: registrations.registerPrompt,
    registerResource: registrations.registerResource,
    listen: listenNow,
    async fetch(request, connection) {
      return (await inside.opened()).fetch(request, connection);
    },
    async guard(request, ...needed) {
      return (await routeGuard()).guard(request, ...needed);
    },
    async requireScopes(auth, ...needed) {
      return (await routeGuard()).requireScopes(auth, ...needed);
    },
    corsHeaders: (request) => corsHeaders(request, settings.cors),
    authInfo: (auth) => authInfoFor(inside.settings().resource)(auth),
    resourceUpdated(uri) {
      // Before it is open nobody has subscribed; where it cannot be opened, whoever opens it hears of that.
      void inside.current().then((server) => server?.resourceUpdated(uri));
    },
    close,
  };
}

function registrationsFor({ catalogue: { descriptions } }: Settings): Registrations {
  // Where no scope is named, a provider knows them.
  return createRegistrations((scope) => descriptions.size === 0 || descriptions.has(scope));
}

function identityOf(
  { name }: Settings,
  {
    instructions,
    requestState,
  }: Pick<McpIdentity, "requestState"> & { readonly instructions?: string | undefined },
): McpIdentity {
  return {
    name,
    version: "1.0.0",
    ...(instructions !== undefined && { instructions }),
    ...(requestState !== undefined && { requestState }),
  };
}

/** What is open of a server, and with what settings. */
type Inside<Opened> = {
  /** Until the server listens, the port in its URLs may be one that the system has yet to choose. */
  settings(): Settings;
  /** Opens it, unless it is open. */
  opened(): Promise<Opened>;
  /** Opens it with URLs of this port, after closing what was opened with others. */
  openAt(port: number): Promise<Opened>;
  /** Undefined where nothing is open, and nothing is being opened that can be. */
  current(): Promise<Opened | undefined>;
};

function createInside<Opened extends OpenServer>(
  given: Settings,
  open: (settings: Settings) => Promise<Opened>,
  log: Pick<Log, "error">,
): Inside<Opened> {
  let settings = given;
  let opening: Promise<Opened> | undefined;
  const current = async () => opening?.catch(() => undefined);
  return {
    settings: () => settings,
    current,
    opened() {
      if (opening) return opening;
      opening = open(settings).catch((cause: unknown) => {
        // The next request tries again: the database may only have been away.
        opening = undefined;
        throw cause;
      });
      // Another program listens, and the terminal is that program's.
      void opening.then((server) => tellStarted(server, undefined, log)).catch(() => {});
      return opening;
    },
    async openAt(port) {
      const earlier = await current();
      await earlier?.drain();
      await earlier?.close();
      settings = withPort(given, port);
      opening = open(settings);
      return opening;
    },
  };
}

function createListening(
  settings: Settings,
  inside: Inside<OpenServer>,
  log: Log,
): Pick<OAuthServer, "listen" | "close"> {
  let listener: Listener | undefined;
  let ignoreSignals = () => {};
  const delayMs = settings.shutdownDelaySeconds * 1000;

  const close = async () => {
    ignoreSignals();
    const server = await inside.current();
    // Streams first: the listener waits for every answer that has begun.
    const drained = server?.drain();
    await listener?.close();
    await drained;
    await server?.close();
  };
  /** In a rolling restart: whoever balances the load learns from `/ready` before a request is turned away. */
  const leave = async () => {
    (await inside.current())?.leave();
    if (delayMs > 0) await delay(delayMs);
    await close();
  };

  return {
    close,
    async listen() {
      const ready = Promise.withResolvers<OpenServer>();
      // The port first: where it is chosen by the system, the issuer is not known before.
      const bound = await listen({ ...settings, fetch: fetchOnceOpen(ready.promise, settings), log });
      listener = bound;
      if (settings.handleSignals) ignoreSignals = onShutdownSignal(leave, delayMs);
      try {
        const server = await inside.openAt(bound.port);
        ready.resolve(server);
        await tellStarted(server, terminal(), log);
      } catch (cause) {
        ready.reject(cause);
        ignoreSignals();
        await bound.close();
        throw cause;
      }
      return { url: inside.settings().resource, port: bound.port };
    },
  };
}

/** A server that cannot say something is a server nevertheless. */
async function tellStarted(
  { started }: Pick<OpenServer, "started">,
  print: ((text: string) => void) | undefined,
  log: Pick<Log, "error">,
): Promise<void> {
  await started?.(print).catch((cause: unknown) => {
    log.error("whether there are people yet could not be found out", { cause });
  });
}

function terminal(): ((text: string) => void) | undefined {
  return process.stdout.isTTY ? (text) => void process.stdout.write(text) : undefined;
}
