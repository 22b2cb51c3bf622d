import { membersOf } from "../messages/json-rpc.ts";
import { isThenable } from "./when-it-fails.ts";

/**
 * What a tool returned, or what it resolves to. The SDK sends it on as it is: a client would refuse it, and no one who runs the
 * server would learn why.
 * @throws Error (or rejects with one) that says what a tool returns
 */
export function toolResult<Result>(name: string, returned: Result): Result {
  if (!isThenable(returned)) return requireResult(name, returned);
  return Promise.resolve(returned).then((result) => requireResult(name, result)) as Result;
}

function requireResult<Result>(name: string, result: Result): Result {
  const problem = problemOf(result);
  if (problem === undefined) return result;
  throw new Error(
    `The tool "${name}" returned ${problem}. Return { content: [{ type: "text", text: "…" }] }.`,
  );
}

/** What is in the parts, the SDK and the client read. */
function problemOf(result: unknown): string | undefined {
  if (result === undefined) return "nothing";
  if (typeof result !== "object" || result === null || Array.isArray(result)) return kindOf(result);
  const { content } = membersOf(result);
  if (content === undefined) return undefined;
  if (!Array.isArray(content)) return `content that is ${kindOf(content)}, and no list`;
  const wrong = content.findIndex((part) => typeof membersOf(part).type !== "string");
  if (wrong < 0) return undefined;
  const forgotten = isThenable(content[wrong]) ? ": a promise, so await it" : "";
  return `content whose part ${wrong} has no type${forgotten}`;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "string" ? "text" : `a value of the type ${typeof value}`;
}
