import type { AsyncLocalStorage } from "node:async_hooks";
import type { Tracing } from "../platform/telemetry/tracing.ts";
import { inAcceptedForm } from "./messages/accepted.ts";
import { buffered, isEventStream } from "./messages/buffered-response.ts";
import type { CurrentMessage } from "./requests/current-message.ts";
import type { AnyExchange, Exchange } from "./requests/exchange.ts";
import { inSpan, readTracedMessage } from "./requests/traced-message.ts";
import { serve, type Transports } from "./serve.ts";
import type { RegistrationView } from "./tools/registrations.ts";

export type AnswerParts<One extends AnyExchange = Exchange> = {
  readonly transports: Transports<One>;
  /** The message that is being answered, for what the SDK calls without it: completions, schemas, the maker of servers. */
  readonly current: AsyncLocalStorage<CurrentMessage>;
  /** Begins the span of a message. */
  readonly traced: Tracing["message"];
  readonly registrations: RegistrationView | undefined;
};

/** Answers a request that was let in: a message in a span of its own, and in a form that its sender takes. */
export function answer<One extends AnyExchange>(
  parts: AnswerParts<One>,
  exchange: One,
  message: CurrentMessage,
): Promise<Response> {
  const { transports, current, traced, registrations } = parts;
  const served = () => current.run(message, () => serve(transports, exchange, message));
  if (exchange.body === undefined) return served();
  const span = traced(() => readTracedMessage(exchange, registrations));
  return inSpan(span, message, async () => inFormTaken(await served(), exchange, message));
}

async function inFormTaken(
  response: Response,
  { request: { signal }, accepted, body }: AnyExchange,
  message: CurrentMessage,
): Promise<Response> {
  // What is read to its end here is not let go of where the client leaves.
  if (!accepted.events && isEventStream(response)) whenAborted(signal, () => message.end());
  return buffered(await inAcceptedForm(response, accepted, Array.isArray(body)));
}

function whenAborted(signal: AbortSignal, callback: () => void): void {
  if (signal.aborted) callback();
  else signal.addEventListener("abort", callback, { once: true });
}
