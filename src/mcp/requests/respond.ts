import type { Log } from "../../platform/logging.ts";
import { ENDED, jsonRpcError, SHUTTING_DOWN } from "../messages/json-rpc.ts";
import type { AnyExchange } from "./exchange.ts";
import type { InFlight } from "./in-flight.ts";

/** What a request goes through, in this order. */
export type Steps<One extends AnyExchange> = {
  readonly inFlight: InFlight;
  /** Lets a request in, or answers it. */
  readonly admit: (request: Request) => Promise<One | Response>;
  /**
   * Undefined where it was closed before there was an answer.
   * @param finished called once a shutdown need not wait for this request any more
   */
  readonly answer: (exchange: One, finished: () => void) => Promise<Response | undefined>;
  readonly log: Log;
};

/** Everything that is refused, or fails, is answered; nothing is thrown. */
export async function respond<One extends AnyExchange>(
  { inFlight, admit, answer, log }: Steps<One>,
  request: Request,
): Promise<Response> {
  // From its head on: its body may be under way when the server begins to close.
  const finished = inFlight.begin();
  if (!finished) return shuttingDown();
  try {
    const exchange = await admit(request);
    if (!("auth" in exchange)) {
      finished();
      return exchange;
    }
    const answered = inFlight.isDrained() ? undefined : await answer(exchange, finished);
    if (answered) return answered;
    finished();
    return inFlight.isDrained() ? shuttingDown() : endedEarly();
  } catch (cause) {
    finished();
    log.error("the MCP endpoint failed", { cause });
    return jsonRpcError(500, -32603, "Internal server error");
  }
}

function shuttingDown(): Response {
  return jsonRpcError(503, -32000, SHUTTING_DOWN, { "Retry-After": "5" });
}

/** It was cut, and a new request with its token would be let in. */
function endedEarly(): Response {
  return jsonRpcError(503, -32000, ENDED, { "Retry-After": "1" });
}
