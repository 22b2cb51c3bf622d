import {
  type McpServer,
  ProtocolError,
  ProtocolErrorCode,
  type ServerContext,
} from "@modelcontextprotocol/server";
import type { Auth } from "../core/auth.ts";
import type { Upstreams } from "../core/upstream.ts";
import type { Log } from "../platform/logging.ts";
import type { Guard } from "../resource-server/guard.ts";
import { callerOf, type ToolContext } from "./tool-context.ts";
import { withUpstreams } from "./with-upstreams.ts";

/** A tool, prompt or resource, as the checks around its callbacks know it. */
export type Feature = {
  readonly kind: "tool" | "prompt" | "resource";
  readonly name: string;
  readonly scopes: readonly string[];
};

/**
 * Runs the callbacks of registrations: each one only for callers who have the scopes of its registration, and not without
 * a trace where it fails. The 403 was decided before the SDK saw the request; this is the check that no difference in
 * reading the request can go around.
 */
export type ScopedCalls = {
  /**
   * Runs a callback that the SDK passes its context. Throws where the caller lacks a scope, and what the callback throws.
   * @param server the SDK's, which knows what a client of 2025 can do
   */
  answer<Result>(
    feature: Feature,
    context: ServerContext,
    callback: (context: ToolContext) => Result,
    server?: McpServer,
  ): Result;
  /** The same for a callback that the SDK passes no context: completions and schemas. */
  run<Result>(feature: Feature, callback: () => Result): Result;
  /** Whether the caller has the scopes, for callbacks that then say nothing instead of refusing. */
  mayCall(feature: Feature, context: ServerContext): boolean;
};

/** The same for one server of the SDK. */
export function callsServedBy(server: McpServer, calls: ScopedCalls): ScopedCalls {
  return {
    ...calls,
    answer: (feature, context, callback) => calls.answer(feature, context, callback, server),
  };
}

/**
 * @param currentAuth who sent the request that is being served; undefined refuses
 * @param upstreams what tools reach of those who call; undefined where there are none
 */
export function createScopedCalls(
  guard: Guard,
  currentAuth: () => Auth | undefined,
  log: Log,
  upstreams?: Upstreams,
): ScopedCalls {
  const call = <Result>(
    feature: Feature,
    auth: Auth,
    callback: () => Result,
    signal?: AbortSignal,
  ): Result => {
    const { scopes } = feature;
    if (scopes.length > 0 && guard.requireScopes(auth, scopes)) {
      throw new ProtocolError(ProtocolErrorCode.InvalidRequest, `This needs the scope ${scopes.join(" ")}.`);
    }
    const failed = (cause: unknown) => {
      // What the callback means to say to the client, and what comes of a call that the client gave up, is no failure.
      if (cause instanceof ProtocolError || signal?.aborted) return;
      reportFailure(feature, auth, cause, log);
    };
    try {
      const result = callback();
      if (result instanceof Promise) result.catch(failed);
      return result;
    } catch (cause) {
      failed(cause);
      throw cause;
    }
  };

  return {
    answer(feature, context, callback, server) {
      const caller = callerOf(context.http?.authInfo);
      const run = () =>
        withUpstreams({ feature, context, caller, server }, upstreams, (elsewhere) =>
          callback({ ...context, ...caller, ...elsewhere }),
        );
      return call(feature, caller.auth, run, context.mcpReq.signal);
    },
    run(feature, callback) {
      const auth = currentAuth();
      if (!auth) throw new Error(`A callback of the ${feature.kind} "${feature.name}" has no caller.`);
      return call(feature, auth, callback);
    },
    mayCall: ({ scopes }, context) => guard.hasScopes(callerOf(context.http?.authInfo).auth, scopes),
  };
}

/** The SDK tells the client, and no one else. What the client said to it stays out of the log. */
function reportFailure({ kind, name }: Feature, { person, client }: Auth, cause: unknown, log: Log): void {
  log.error("a handler failed", { [kind]: name, person: person.id, client: client.id, cause });
}
