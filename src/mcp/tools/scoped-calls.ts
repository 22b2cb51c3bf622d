import {
  type McpServer,
  ProtocolError,
  ProtocolErrorCode,
  type ServerContext,
} from "@modelcontextprotocol/server";
import type { Auth } from "../../core/auth.ts";
import type { Upstreams } from "../../core/upstream.ts";
import type { Log } from "../../platform/logging.ts";
import type { Guard } from "../../resource-server/guard.ts";
import { whileItRuns } from "./session-context.ts";
import { callerOf, type PublicToolContext, possibleAuthOf, type ToolContext } from "./tool-context.ts";
import { whenItFails, whenItSettles } from "./when-it-fails.ts";
import { withUpstreams } from "./with-upstreams.ts";

/** A tool, prompt or resource, as the checks around its callbacks know it. */
export type Feature = GuardedFeature | PublicFeature;

/** Its callbacks run for a person who has the scopes. */
export type GuardedFeature = Named & { readonly isPublic: false };
/** Its callbacks run for anyone. */
export type PublicFeature = Named & { readonly isPublic: true };

type Named = {
  readonly kind: "tool" | "prompt" | "resource";
  readonly name: string;
  /** None for what is public. */
  readonly scopes: readonly string[];
};

/** Who calls is known for certain only where someone had to be. */
export type ContextOf<One extends Feature> = One extends PublicFeature ? PublicToolContext : ToolContext;

/**
 * Runs the callbacks of registrations: each one only for callers who have the scopes of its registration (for anyone where it is
 * public), and not without a trace where it fails. The 401 or 403 was decided before the SDK saw the request; this is the
 * check that no difference in reading the request can go around.
 */
export type ScopedCalls = {
  /**
   * Runs a callback that the SDK passes its context. Throws where the caller may not, and what the callback throws.
   * @param server the SDK's of a session, which knows what its client can do
   */
  answer<One extends Feature, Result>(
    feature: One,
    context: ServerContext,
    callback: (context: ContextOf<One>) => Result,
    server?: McpServer,
  ): Result;
  /** The same for a callback that the SDK passes no context: completions and schemas. */
  run<Result>(feature: Feature, callback: () => Result): Result;
  /** Whether the caller may, for callbacks that then say nothing instead of refusing. */
  mayCall(feature: Feature, context: ServerContext): boolean;
};

/** The same for the server of a session. */
export function callsServedBy(server: McpServer, calls: ScopedCalls): ScopedCalls {
  return {
    ...calls,
    answer: (feature, context, callback) => calls.answer(feature, context, callback, server),
  };
}

/** What the checks ask the guard. */
export type CallGuard = Pick<Guard, "requireScopes" | "hasScopes">;

/**
 * @param guard undefined where requests have no token: then nothing runs that is not public
 * @param currentMessage the one that is being served; undefined refuses
 * @param upstreams what tools reach of those who call; undefined where there are none
 */
export function createScopedCalls(
  guard: CallGuard | undefined,
  currentMessage: () => { readonly auth: Auth | null } | undefined,
  log: Log,
  upstreams?: Upstreams,
): ScopedCalls {
  const call = <Result>(
    feature: Feature,
    auth: Auth | null,
    callback: () => Result,
    signal?: AbortSignal,
  ): Result => {
    if (!feature.isPublic) requireCaller(feature, auth, guard);
    const failed = (cause: unknown) => {
      // What the callback means to say to the client, and what comes of a call that the client gave up, is no failure.
      if (cause instanceof ProtocolError || signal?.aborted) return;
      reportFailure(feature, auth, cause, log);
    };
    return feature.isPublic ? hidingFailures(feature, callback, failed) : noticingFailures(callback, failed);
  };

  const answer = <One extends Feature, Result>(
    feature: One,
    context: ServerContext,
    callback: (context: ContextOf<One>) => Result,
    server?: McpServer,
  ): Result => {
    const auth = possibleAuthOf(context);
    const run = (): Result => {
      if (feature.isPublic) return callback({ ...context, auth } as ContextOf<One>);
      const caller = callerOf(context.http?.authInfo);
      return withUpstreams({ feature, context, caller, server }, upstreams, (elsewhere) =>
        callback({ ...context, ...caller, ...elsewhere } as ContextOf<One>),
      );
    };
    return call(feature, auth, run, context.mcpReq.signal);
  };

  return {
    answer(feature, given, callback, server) {
      if (!server) return answer(feature, given, callback);
      const { context, over } = whileItRuns(given);
      return whenItSettles(() => answer(feature, context, callback, server), over);
    },
    run(feature, callback) {
      const auth = currentMessage()?.auth;
      if (auth === undefined)
        throw new Error(`A callback of the ${feature.kind} "${feature.name}" has no caller.`);
      return call(feature, auth, callback);
    },
    mayCall(feature, context) {
      if (feature.isPublic) return true;
      const auth = possibleAuthOf(context);
      return auth !== null && guard?.hasScopes(auth, feature.scopes) === true;
    },
  };
}

function requireCaller({ scopes }: GuardedFeature, auth: Auth | null, guard: CallGuard | undefined): void {
  if (auth === null || guard === undefined) {
    throw new ProtocolError(ProtocolErrorCode.InvalidRequest, "This needs a sign-in.");
  }
  if (scopes.length > 0 && guard.requireScopes(auth, scopes)) {
    throw new ProtocolError(ProtocolErrorCode.InvalidRequest, `This needs the scope ${scopes.join(" ")}.`);
  }
}

type Failed = (cause: unknown) => void;

function noticingFailures<Result>(callback: () => Result, failed: Failed): Result {
  return whenItFails(callback, (cause) => {
    failed(cause);
    throw cause;
  });
}

/** The SDK tells the client what was thrown. What anyone may call tells no one of hosts, files and queries. */
function hidingFailures<Result>({ kind, name }: Feature, callback: () => Result, failed: Failed): Result {
  return whenItFails(callback, (cause) => {
    failed(cause);
    throw cause instanceof ProtocolError ? cause : new Error(`The ${kind} "${name}" failed.`);
  });
}

/** The SDK tells the client, and no one else. What the client said to it stays out of the log. */
function reportFailure({ kind, name }: Feature, auth: Auth | null, cause: unknown, log: Log): void {
  const about = { [kind]: name, ...(auth && { person: auth.person.id, client: auth.client.id }) };
  try {
    log.error("a handler failed", { ...about, cause });
  } catch {
    // It is the tool's, and may have members that throw where they are read.
    log.error("a handler failed", { ...about, reason: "what it threw can't be read" });
  }
}
