import { describe, expect, it } from "vitest";
import { call, messagesOf, startEndpoint } from "../../../test/support/mcp-endpoint.ts";
import { silentLog } from "../../platform/logging.ts";

const RING: { self?: unknown } = {};
RING.self = RING;
const DEEP = JSON.parse(`${"[".repeat(200_000)}${"]".repeat(200_000)}`);

const WRONG: readonly (readonly [string, () => unknown, RegExp])[] = [
  ["text", () => "hello", /returned text\./],
  ["nothing", () => undefined, /returned nothing\./],
  ["null", () => null, /returned null\./],
  ["a number", () => 7, /returned a value of the type number\./],
  ["its parts alone", () => [{ type: "text", text: "hello" }], /returned a list\./],
  ["text as content", () => ({ content: "hello" }), /content that is text, and no list\./],
  ["text among its parts", () => ({ content: ["hello"] }), /content whose part 0 has no type\./],
  [
    "a part that it forgot to await",
    () => ({ content: [{ type: "text", text: "" }, Promise.resolve({ type: "text", text: "" })] }),
    /content whose part 1 has no type: a promise, so await it\./,
  ],
  [
    "a number that JSON has not",
    () => ({ content: [], structuredContent: { n: 1n } }),
    /a value that JSON can't represent/,
  ],
  [
    "a ring",
    () => ({ content: [], structuredContent: RING }),
    /a value that JSON can't represent \(.*circular/,
  ],
  [
    "such a part",
    () => ({ content: [{ type: "text", text: "", _meta: { n: 1n } }] }),
    /a value that JSON can't represent/,
  ],
  [
    "deeper nesting than there is room for",
    () => ({ content: [], _meta: { deep: DEEP } }),
    /a value that JSON can't represent/,
  ],
];

function start(returned: () => unknown) {
  const failures: unknown[] = [];
  const log = { ...silentLog, error: (_: string, { cause }: { cause?: unknown }) => failures.push(cause) };
  const rig = startEndpoint({ log });
  rig.registrations.registerTool("t", {}, returned as never);
  return { ...rig, failures };
}

describe("a tool that returns", () => {
  describe.each(["at once", "later"])("%s", (when) => {
    it.each(WRONG)("%s is a failure that says what to return", async (_, returned, said) => {
      const { tokenFor, post, postModern, failures } = start(
        when === "later" ? async () => returned() : returned,
      );
      const answers = [
        await post(tokenFor(), call("t")),
        await postModern(tokenFor(), { method: "tools/call", params: { name: "t" } }),
      ];
      for (const answer of answers) {
        const result = (await messagesOf(answer)).at(-1)?.result;
        expect(result?.isError).toBe(true);
        expect(result?.content?.[0]?.text).toMatch(said);
        expect(result?.content?.[0]?.text).toContain('Return { content: [{ type: "text"');
      }
      expect(failures.map(String)).toEqual([expect.stringMatching(said), expect.stringMatching(said)]);
    });
  });

  it.each([
    [{ content: [] }],
    [{ content: [{ type: "text", text: "hello" }] }],
    [{ content: [], isError: true }],
  ])("%o is answered with it", async (returned) => {
    const { tokenFor, post, failures } = start(() => returned);
    expect((await messagesOf(await post(tokenFor(), call("t"))))[0]?.result).toMatchObject(returned);
    expect(failures).toEqual([]);
  });
});
