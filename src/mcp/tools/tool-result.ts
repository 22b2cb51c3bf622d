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

/** The members of each part are left to the client, which knows the kinds of its protocol. */
function problemOf(result: unknown): string | undefined {
  if (result === undefined) return "nothing";
  if (typeof result !== "object" || result === null || Array.isArray(result)) return kindOf(result);
  const { content } = membersOf(result);
  if (content === undefined) return notJson(result);
  if (!Array.isArray(content)) return `content that is ${kindOf(content)}, and no list`;
  const wrong = content.findIndex((part) => typeof membersOf(part).type !== "string");
  if (wrong < 0) return isText(result) ? undefined : notJson(result);
  const forgotten = isThenable(content[wrong]) ? ": a promise, so await it" : "";
  return `content whose part ${wrong} has no type${forgotten}`;
}

/** Nearly every result: nothing in it but text. */
function isText(result: object): boolean {
  const { content, isError, ...others } = result as { content?: unknown[]; isError?: unknown };
  const isStrings = (part: unknown) =>
    Object.values(membersOf(part)).every((value) => typeof value === "string");
  return (
    Object.keys(others).length === 0 &&
    (isError === undefined || typeof isError === "boolean") &&
    content?.every(isStrings) === true
  );
}

/** The SDK would find out where it sends it, and then send nothing. */
function notJson(result: object): string | undefined {
  try {
    JSON.stringify(result);
    return undefined;
  } catch (cause) {
    return `a value that JSON can't represent (${cause instanceof Error ? cause.message.split("\n")[0] : "it has no text"})`;
  }
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "string" ? "text" : `a value of the type ${typeof value}`;
}
