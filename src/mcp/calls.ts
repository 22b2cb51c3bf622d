/** What a message asks for, without its arguments. */
export type Call = {
  readonly method: string;
  readonly tool?: string | undefined;
  readonly prompt?: string | undefined;
};

/** Clients of 2025-03-26 send batches, and a body of 4 MB has room for very many messages. */
const MOST_CALLS = 100;

/** The calls in a POST body. What answers one of ours is none. */
export function callsOf(body: unknown): readonly Call[] {
  return (Array.isArray(body) ? body : [body]).slice(0, MOST_CALLS).flatMap((message) => {
    const { method, params } = fields(message);
    if (typeof method !== "string") return [];
    const { name } = fields(params);
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

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
