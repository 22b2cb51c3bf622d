import { AsyncLocalStorage } from "node:async_hooks";
import type { Clock } from "../platform/clock.ts";
import { noTracing, type Tracing } from "../platform/telemetry/tracing.ts";
import { answer } from "./answer.ts";
import { KEEP_ALIVE, type KeepAlive } from "./messages/keep-alive.ts";
import type { CurrentMessage } from "./requests/current-message.ts";
import type { AnyExchange } from "./requests/exchange.ts";
import { createOpenAnswers, type OpenAnswers } from "./requests/open-answers.ts";
import type { Transports } from "./serve.ts";
import { createModern, type Modern } from "./servers/modern.ts";
import { type MakeServer, type ServerMakerParts, serverMaker } from "./servers/servers.ts";
import { serveStateless } from "./servers/stateless.ts";
import type { ResultChallenges } from "./tools/result-challenges.ts";
import { type CallGuard, createScopedCalls, type ScopedCalls } from "./tools/scoped-calls.ts";

export type ServingParts = ServerMakerParts & {
  readonly clock: Clock;
  /** Begins the span of a message. */
  readonly traced?: Tracing["message"] | undefined;
  readonly keepAlive?: KeepAlive | undefined;
  /** The clients that are asked to sign in by the result of a tool; undefined where there are none. */
  readonly resultChallenges?: ResultChallenges | undefined;
};

/** The SDK's part of an endpoint. */
export type Serving = {
  readonly modern: Modern;
  readonly makeServer: MakeServer;
  /** What the callbacks of registrations run through. */
  readonly calls: ScopedCalls;
  /** The answers that are under way. */
  readonly open: OpenAnswers;
  /**
   * Returns what answers a request that was let in: in a span of its own, and in a form that the sender takes. Undefined where
   * it was cut before there was an answer.
   */
  answering<One extends AnyExchange>(
    sessions: Transports<One>["sessions"],
  ): (exchange: One, message: CurrentMessage) => Promise<Response | undefined>;
};

/** @param guard undefined where requests have no token: then no callback runs that is not public */
export function createServing(parts: ServingParts, guard: CallGuard | undefined): Serving {
  const { upstreams, log, traced = noTracing.message, keepAlive = KEEP_ALIVE } = parts;
  const registrations = typeof parts.registrations === "function" ? undefined : parts.registrations;
  const current = new AsyncLocalStorage<CurrentMessage>();
  const currentMessage = () => current.getStore();
  const calls = createScopedCalls(guard, currentMessage, log, upstreams);
  const makeAnyServer = serverMaker(parts, calls);
  const makeServer: MakeServer = async (context, use) => {
    const server = await makeAnyServer(context, use);
    const close = () => void server.close().catch((cause) => log.error("a server did not close", { cause }));
    if (use.kind === "request") currentMessage()?.atEnd(close);
    return server;
  };
  const open = createOpenAnswers(parts.clock);
  const currentlyReached = () => currentMessage()?.reached;
  const modern = createModern({ makeServer, currentlyReached, keepAlive, log });
  const statelessParts = { ...parts, makeServer, keepAlive, mayChallenge: registrations === undefined };
  const stateless = (exchange: AnyExchange) => serveStateless(exchange, statelessParts);
  return {
    modern,
    makeServer,
    calls,
    open,
    answering(sessions) {
      const answerParts = { transports: { modern, sessions, stateless }, current, traced, registrations };
      return (exchange, message) => open.answer(message, () => answer(answerParts, exchange, message));
    },
  };
}
