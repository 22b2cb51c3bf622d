import type { Settings } from "../config/settings.ts";
import type { Upstreams } from "../core/upstream.ts";
import type { Endpoint } from "../http/route.ts";
import { createMcpEndpoint, type McpEndpoint } from "../mcp/endpoint.ts";
import { createPublicEndpoint, type PublicEndpoint } from "../mcp/public/endpoint.ts";
import type { SignInAtCall } from "../mcp/public/refusals.ts";
import type { McpFactory, McpIdentity } from "../mcp/servers/servers.ts";
import type { Registrations } from "../mcp/tools/registrations.ts";
import { createResultChallenges } from "../mcp/tools/result-challenges.ts";
import { schemesOf } from "../mcp/tools/security-schemes.ts";
import type { Instrumentation } from "../operations/instrumentation.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/logging.ts";
import type { Guard } from "../resource-server/guard.ts";
import { createPublicRoom } from "./public-room.ts";

export type EndpointParts = {
  readonly settings: Settings;
  readonly registrations: Registrations;
  readonly factory: McpFactory | undefined;
  readonly identity: McpIdentity;
  readonly guard: Guard;
  /** What tools reach of the people who call them; undefined where there are no people. */
  readonly upstreams?: Upstreams | undefined;
  readonly instrumentation: Pick<Instrumentation, "metrics" | "tracing">;
  readonly clock: Clock;
  readonly log: Log;
};

/** The MCP endpoints of a server, as its routes and those who change something ask them. */
export type McpEndpoints = Pick<
  McpEndpoint,
  "grantRevoked" | "personChanged" | "verifyAgain" | "revocationLeaseLapsed" | "resourceUpdated" | "close"
> & {
  readonly mcp: Endpoint;
  /** What is public, where it has a path of its own. */
  readonly publicMcp: Endpoint | undefined;
  /** Whether something is public there. It may be registered late. */
  readonly hasPublic: () => boolean;
};

/**
 * The endpoint behind the guard, and the one for requests without a token. They share what was registered and nothing else:
 * what is behind the guard never sees a request without a token. Nothing is held before a request comes, and the drain ends
 * what is held then.
 */
export function createEndpoints(parts: EndpointParts): McpEndpoints {
  const { settings, registrations, factory, instrumentation, guard, upstreams, identity, ...others } = parts;
  const { resource, catalogue, sessions, debug } = settings;
  const { metrics, tracing } = instrumentation;
  const signIn = settings.askToSignIn === "call" ? signInAtCall(settings, guard) : undefined;
  const common = { ...others, debug, traced: tracing.message };
  const guarded = createMcpEndpoint({
    ...common,
    ...signIn,
    identity,
    guard,
    upstreams,
    resource,
    requiredScopes: catalogue.required,
    sessions,
    registrations: factory ?? registrations,
  });
  const open = createPublicEndpoint({
    ...common,
    identity: signIn ? identity : withoutWords(identity),
    registrations,
    withoutToken: guard.withoutToken,
    room: createPublicRoom({ ...settings, ...others }),
    signIn,
  });
  metrics.watch("streams", () => guarded.openStreams() + open.openStreams());
  metrics.watch("sessions", guarded.openSessions);
  return {
    ...guarded,
    mcp: signIn
      ? (request, { address }) =>
          request.headers.has("authorization") ? guarded.fetch(request) : open.fetch(request, address)
      : (request) => guarded.fetch(request),
    // What a factory makes is for people.
    publicMcp: signIn || factory ? undefined : onceInUse(open),
    hasPublic: () => !signIn && !factory && open.isInUse(),
    resourceUpdated(uri) {
      guarded.resourceUpdated(uri);
      open.resourceUpdated(uri);
    },
    async close() {
      await Promise.all([guarded.close(), open.close()]);
    },
  };
}

function signInAtCall(
  { catalogue: { required }, resultChallengeFor }: Pick<Settings, "catalogue" | "resultChallengeFor">,
  { withoutToken }: Pick<Guard, "withoutToken">,
): SignInAtCall {
  return {
    requiredScopes: required,
    resultChallenges: createResultChallenges(resultChallengeFor),
    schemesOf: schemesOf(required, withoutToken.announced),
  };
}

/** Instructions tell how to use all of the server, and extensions how to sign in. */
function withoutWords({
  instructions: _instructions,
  extensions: _extensions,
  ...identity
}: McpIdentity): McpIdentity {
  return identity;
}

function onceInUse(open: PublicEndpoint): Endpoint {
  return async (request, { address }) =>
    open.isInUse()
      ? open.fetch(request, address)
      : new Response("Nothing here is public.\n", { status: 404 });
}
