import type { ServerContext } from "@modelcontextprotocol/server";

/**
 * What a callback is given in a session. Its server lives on, and would send what it says or asks later to the stream of whoever is
 * there by then: under its id, which another request may have, or where the session listens. So it says nothing once it is over.
 */
export function whileItRuns(context: ServerContext): { readonly context: ServerContext; over(): void } {
  const { mcpReq } = context;
  let hasSettled = false;
  const isOver = () => hasSettled || mcpReq.signal.aborted;
  /** Dropped without a rejection, which nobody may await any more. */
  const say = (one: () => Promise<void>) => (isOver() ? Promise.resolve() : one());
  const ask = <Answer>(one: () => Promise<Answer>) =>
    isOver() ? Promise.reject<Answer>(new Error("This call is over: its client can't be asked.")) : one();
  return {
    context: {
      ...context,
      mcpReq: {
        ...mcpReq,
        notify: (...said) => say(() => mcpReq.notify(...said)),
        log: (...said) => say(() => mcpReq.log(...said)),
        send: ((...asked: Parameters<typeof mcpReq.send>) =>
          ask(() => mcpReq.send(...asked))) as typeof mcpReq.send,
        elicitInput: (...asked) => ask(() => mcpReq.elicitInput(...asked)),
        requestSampling: ((...asked: Parameters<typeof mcpReq.requestSampling>) =>
          ask(() => mcpReq.requestSampling(...asked))) as typeof mcpReq.requestSampling,
      },
    },
    over() {
      hasSettled = true;
    },
  };
}
