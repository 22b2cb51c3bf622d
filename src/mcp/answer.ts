import type { AsyncLocalStorage } from "node:async_hooks";
import type { Tracing } from "../platform/telemetry/tracing.ts";
import { inAcceptedForm } from "./accepted.ts";
import { buffered } from "./buffered-response.ts";
import type { CurrentMessage } from "./current-message.ts";
import type { Answer, AnyExchange, Exchange } from "./exchange.ts";
import type { RegistrationView } from "./registrations.ts";
import { serve, type Transports } from "./serve.ts";
import { inSpan, readTracedMessage } from "./traced-message.ts";

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
): Promise<Answer> {
  const { transports, current, traced, registrations } = parts;
  if (exchange.body === undefined) return serve(transports, exchange);
  const span = traced(() => readTracedMessage(exchange, registrations));
  return inSpan(span, async () =>
    inFormTaken(await current.run(message, () => serve(transports, exchange)), exchange),
  );
}

async function inFormTaken({ response, done }: Answer, { accepted, body }: AnyExchange): Promise<Answer> {
  const formed = await inAcceptedForm(response, accepted, Array.isArray(body));
  return { response: await buffered(formed), done };
}
