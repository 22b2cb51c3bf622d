/**
 * A response whose text our own listener sends as it is. To every other host it is a plain `Response`; reading that one
 * back through its stream costs more than all that a token endpoint does beside signing.
 */
export function textResponse(text: string, init: ResponseInit): Response {
  const response = new Response(text, init);
  texts.set(response, text);
  return response;
}

/** The text of a response that {@link textResponse} made and nobody has read; undefined for any other. */
export function textOf(response: Response): string | undefined {
  const text = texts.get(response);
  return text !== undefined && !response.bodyUsed ? text : undefined;
}

const texts = new WeakMap<Response, string>();
