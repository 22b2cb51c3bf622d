const TEXT = Symbol("text");

/**
 * A response whose text our own listener sends as it is. To every other host it is a plain `Response`; reading that one
 * back through its stream costs more than all that a token endpoint does beside signing.
 *
 * It is no subclass: a host may put a `Response` of its own in the place of the global one later, as `@hono/node-server`
 * does, and what extends the former one is then no `Response` to anybody.
 */
export type TextResponse = Response & { readonly [TEXT]: string };

export function textResponse(text: string, init: ResponseInit): TextResponse {
  return Object.assign(new Response(text, init), { [TEXT]: text });
}

/** The text of a {@link TextResponse} that nobody has read; undefined for any other response. */
export function textOf(response: Response): string | undefined {
  return isTextResponse(response) && !response.bodyUsed ? response[TEXT] : undefined;
}

function isTextResponse(response: Response): response is TextResponse {
  return TEXT in response;
}
