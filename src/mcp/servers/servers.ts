import {
  type McpRequestContext,
  McpServer,
  ProtocolError,
  ProtocolErrorCode,
  type ServerOptions,
} from "@modelcontextprotocol/server";
import type { Upstreams } from "../../core/upstream.ts";
import type { Log } from "../../platform/logging.ts";
import { MOST_SUBSCRIPTIONS } from "../messages/limits.ts";
import type { Registration } from "../tools/registration.ts";
import type { RegistrationView } from "../tools/registrations.ts";
import { callsServedBy, type ScopedCalls } from "../tools/scoped-calls.ts";
import { listWithSchemes, type SchemesOf } from "../tools/security-schemes.ts";
import { callerOf, type McpContext } from "../tools/tool-context.ts";
import { whenItFails } from "../tools/when-it-fails.ts";
import { elsewhereOf } from "../tools/with-upstreams.ts";
import { answersWithoutSecrets, withoutSecrets } from "../tools/without-secrets.ts";
import { hearsOfCloseLate } from "./late-close.ts";
import { createToolShelf } from "./tool-shelf.ts";

/** Makes a server of the SDK for one request, or for one session. */
export type McpFactory = (context: McpContext) => McpServer | Promise<McpServer>;

/** Who the server says it is. */
export type McpIdentity = {
  readonly name: string;
  readonly version: string;
  readonly title?: string;
  /** How to use the server, for the model. */
  readonly instructions?: string;
  /** Verifies the `requestState` that clients carry between the rounds of a call (`createRequestStateCodec` of the SDK). */
  readonly requestState?: ServerOptions["requestState"];
  /** Extensions of the protocol that it knows: a client uses one only where both sides say it. */
  readonly extensions?: Readonly<Record<string, Record<string, never>>>;
};

/** What serves one request or one session. A request whose message can reach one registration gets a server with no other. */
export type MakeServer = (context: McpRequestContext, use: Use) => Promise<McpServer>;

export type Use =
  | { readonly kind: "request"; readonly reached: readonly Registration[] | undefined }
  | { readonly kind: "session"; readonly subscriptions: Set<string> };

/** What servers are made of. */
export type ServerMakerParts = {
  /** What was registered, or what makes a server of the SDK for each request. */
  readonly registrations: RegistrationView | McpFactory;
  readonly identity: McpIdentity;
  /** How each tool says whether it needs a sign-in; undefined where all of them do. */
  readonly schemesOf?: SchemesOf | undefined;
  /** What tools reach of the people who call them; undefined where there are no people. */
  readonly upstreams?: Upstreams | undefined;
  readonly log: Log;
};

/**
 * A server for each request is what keeps people apart: an SDK server remembers the client it spoke to, and sends what a
 * late handler still has to say over whatever connection it has by then. What is dear (schemas) is made once instead.
 */
export function serverMaker(parts: ServerMakerParts, calls: ScopedCalls): MakeServer {
  const { registrations, upstreams, log } = parts;
  const makeServer =
    typeof registrations === "function"
      ? fromFactory(registrations, upstreams)
      : fromRegistrations(registrations, parts, calls);
  return async (context, use) => {
    try {
      const server = await makeServer(context, use);
      if (use.kind === "request") hearsOfCloseLate(server);
      return server;
    } catch (cause) {
      // The SDK answers 500, and tells nobody why.
      log.error("no MCP server could be made for a request", { cause });
      throw cause;
    }
  };
}

function fromFactory(factory: McpFactory, upstreams: Upstreams | undefined): MakeServer {
  // A server that has served and closed looks like a new one, and its handlers still know whom they served. A WeakSet
  // knows it again without keeping it alive, and without a mark on an object that is not ours.
  const made = new WeakSet<McpServer>();
  return async (context) => {
    const caller = callerOf(context.authInfo);
    const given = new Set<string>();
    const elsewhere = elsewhereOf(caller, upstreams, given);
    const server = await whenItFails(
      async () => factory({ ...context, ...caller, ...elsewhere }),
      (cause) => {
        throw given.size === 0 ? cause : withoutSecrets(cause, given);
      },
    );
    if (made.has(server)) {
      throw new Error("The mcp factory returned the same McpServer twice. Return a new one for each call.");
    }
    made.add(server);
    if (upstreams) answersWithoutSecrets(server, given);
    return server;
  };
}

function fromRegistrations(
  registrations: RegistrationView,
  { identity, schemesOf }: Pick<ServerMakerParts, "identity" | "schemesOf">,
  calls: ScopedCalls,
): MakeServer {
  const { instructions, requestState, extensions, ...implementation } = identity;
  const shelf = createToolShelf(calls);
  return async ({ era }, use) => {
    // A 2025-era client without a session could not be told of any change.
    const notifies = era === "modern" || use.kind === "session";
    const server = new McpServer(implementation, {
      capabilities: {
        ...capabilities(registrations, notifies, use.kind === "session"),
        ...(extensions && { extensions }),
      },
      ...(instructions !== undefined && { instructions }),
      ...(requestState !== undefined && { requestState }),
    });
    if (use.kind === "session") {
      const served = callsServedBy(server, calls);
      for (const registration of registrations.all()) registration.apply(server, served);
      rememberSubscriptions(server, use.subscriptions, registrations, calls);
    } else {
      for (const registration of use.reached ?? registrations.all()) shelf.put(registration, server);
    }
    if (schemesOf && mayList(registrations, use)) listWithSchemes(server, registrations, schemesOf);
    return server;
  };
}

/** A session may be asked for tools that are registered late. */
function mayList(registrations: RegistrationView, use: Use): boolean {
  return use.kind === "session" || (use.reached === undefined && registrations.has("tool"));
}

function capabilities(registrations: RegistrationView, listChanged: boolean, all: boolean) {
  return {
    logging: {},
    ...((all || registrations.has("tool")) && { tools: { listChanged } }),
    ...((all || registrations.has("prompt")) && { prompts: { listChanged } }),
    ...((all || registrations.has("resource")) && { resources: { listChanged, subscribe: listChanged } }),
  };
}

function rememberSubscriptions(
  server: McpServer,
  subscriptions: Set<string>,
  registrations: RegistrationView,
  calls: ScopedCalls,
): void {
  server.server.setRequestHandler("resources/subscribe", ({ params }, context) => {
    const resource = registrations.resource(params.uri);
    if (resource && !calls.mayCall(resource, context)) {
      const needed = resource.scopes.join(" ");
      throw new ProtocolError(ProtocolErrorCode.InvalidRequest, `This needs the scope ${needed}.`);
    }
    if (subscriptions.size >= MOST_SUBSCRIPTIONS) {
      throw new ProtocolError(ProtocolErrorCode.InvalidRequest, "This session has too many subscriptions.");
    }
    subscriptions.add(params.uri);
    return {};
  });
  server.server.setRequestHandler("resources/unsubscribe", ({ params }) => {
    subscriptions.delete(params.uri);
    return {};
  });
}
