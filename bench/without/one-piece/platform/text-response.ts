/** A response like any other: the listener reads its text back through a stream. */
export function textResponse(text: string, init: ResponseInit): Response {
  return new Response(text, init);
}

export function textOf(): undefined {
  return undefined;
}
