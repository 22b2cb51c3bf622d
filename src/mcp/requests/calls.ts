import { membersOf, readMessages } from "../messages/json-rpc.ts";
import type { AnyExchange } from "./exchange.ts";

/** What a request asks for, without its arguments. */
export type Call = {
  readonly method: string;
  readonly tool?: string | undefined;
  readonly prompt?: string | undefined;
};

/** A body of 4 MB has room for very many messages. */
const MOST_CALLS = 100;

/** The calls in a request. A message that answers one of ours is none. */
export function callsOf({ request, body }: Pick<AnyExchange, "request" | "body">): readonly Call[] {
  if (body === undefined) return [{ method: request.method }];
  const messages = readMessages(body).slice(0, MOST_CALLS);
  return messages.flatMap(({ method, params }) => {
    if (typeof method !== "string") return [];
    const { name } = membersOf(params);
    if (typeof name !== "string") return [{ method }];
    return [
      {
        method,
        ...(method === "tools/call" && { tool: name }),
        ...(method === "prompts/get" && { prompt: name }),
      },
    ];
  });
}
