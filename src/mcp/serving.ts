import { AsyncLocalStorage } from "node:async_hooks";
import type { Clock } from "../platform/clock.ts";
import { noTracing, type Tracing } from "../platform/telemetry/tracing.ts";
import { answer } from "./answer.ts";
import { CurrentMessage } from "./current-message.ts";
import type { AnyExchange } from "./exchange.ts";
import { KEEP_ALIVE, type KeepAlive } from "./keep-alive.ts";
import { createModern, type Modern } from "./modern.ts";
import { createOpenAnswers, type OpenAnswers } from "./open-answers.ts";
import type { ResultChallenges } from "./result-challenges.ts";
import { type CallGuard, createScopedCalls, type ScopedCalls } from "./scoped-calls.ts";
import type { Transports } from "./serve.ts";
import { type MakeServer, type ServerMakerParts, serverMaker } from "./servers.ts";
import { serveStateless } from "./stateless.ts";

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
   * it was closed before there was an answer.
   */
  answering<One extends AnyExchange>(
    sessions: Transports<One>["sessions"],
  ): (exchange: One, finished: () => void) => Promise<Response | undefined>;
};

/** @param guard undefined where requests have no token: then no callback runs that is not public */
export function createServing(parts: ServingParts, guard: CallGuard | undefined): Serving {
  const { upstreams, log, traced = noTracing.message, keepAlive = KEEP_ALIVE } = parts;
  const registrations = typeof parts.registrations === "function" ? undefined : parts.registrations;
  const current = new AsyncLocalStorage<CurrentMessage>();
  const calls = createScopedCalls(guard, () => current.getStore(), log, upstreams);
  const makeAnyServer = serverMaker(parts, calls);
  const makeServer: MakeServer = async (context, use) => {
    const server = await makeAnyServer(context, use);
    if (use.kind === "request") current.getStore()?.servedBy(server);
    return server;
  };
  const notClosed = (cause: unknown) => log.error("a server did not close", { cause });
  const open = createOpenAnswers(parts.clock);
  const currentlyReached = () => current.getStore()?.reached;
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
      return (exchange, finished) => {
        const message = new CurrentMessage(exchange, notClosed);
        return open.answer(message, () => answer(answerParts, exchange, message), finished);
      };
    },
  };
}
